//! The job service (`src/main.rs`) from the outside: as clients and operators use it.
#![cfg(unix)] // for the signals

#[path = "../../common/program.rs"]
mod program;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{ChildStdout, Command, ExitStatus};
use std::thread;
use std::time::Duration;

use program::{Program, read_all};
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Response;

struct Service {
    program: Program,
    stdout: BufReader<ChildStdout>,
    client: Client,
}

#[derive(Clone)]
struct Client {
    agent: Agent,
    address: String,
}

/// A status, the `Retry-After` header, and the body if it is JSON.
struct Answer {
    status: u16,
    retry_after: Option<u64>,
    body: Value,
}

impl Service {
    fn start(arguments: &[&str]) -> Self {
        let arguments = [&["--listen", "127.0.0.1:0"], arguments].concat();
        let mut program = Program::start(env!("CARGO_BIN_EXE_service"), &arguments);
        let stdout = program.child.stdout.take().expect("stdout is piped");
        let mut service = Self {
            program,
            stdout: BufReader::new(stdout),
            client: new_client(String::new()),
        };
        let line = service.read_line();
        let address = line.strip_prefix("listening on ");
        service.client.address = address.expect("the first line is the address").to_owned();
        service
    }

    fn read_line(&mut self) -> String {
        let mut line = String::new();
        self.stdout
            .read_line(&mut line)
            .expect("the service writes UTF-8");
        line.trim_end().to_owned()
    }

    fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.program.child.id());
        let status = Command::new("sh").args(["-c", &command]).status();
        assert!(status.expect("there is a shell").success());
    }

    /// Waits for the service to end; returns its last line too.
    fn wait(mut self) -> (ExitStatus, String) {
        let stdout = read_all(self.stdout);
        let status = self.program.wait();
        let stdout = stdout.join().expect("stdout is read to its end");
        (status, stdout.lines().last().unwrap_or_default().to_owned())
    }
}

impl Client {
    fn post(&self, order: &Value) -> Result<Answer, ureq::Error> {
        let url = format!("http://{}/jobs", self.address);
        self.agent.post(url).send_json(order).map(answer)
    }

    fn order(&self) -> Answer {
        self.post(&json!({ "name": "a job" }))
            .expect("the service answers")
    }

    fn stats(&self) -> Value {
        let url = format!("http://{}/stats", self.address);
        answer(self.agent.get(url).call().expect("the service answers")).body
    }
}

/// A client without any connection yet.
fn new_client(address: String) -> Client {
    Client {
        agent: Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .proxy(None)
            .build()
            .new_agent(),
        address,
    }
}

fn answer(mut response: Response<ureq::Body>) -> Answer {
    Answer {
        status: response.status().as_u16(),
        retry_after: response.headers().get("retry-after").map(|value| {
            let seconds = value.to_str().expect("a header in ASCII");
            seconds.parse().expect("a number of seconds")
        }),
        body: response.body_mut().read_json().unwrap_or_default(),
    }
}

#[test]
fn a_full_queue_refuses_jobs_and_shutting_down_does_those_it_accepted() {
    // Five jobs are done per second, and posted far faster, so the queue fills up. However slow the
    // machine is, the checks below do not depend on how many jobs have been done when.
    let service = Service::start(&["--workers", "1", "--capacity", "4", "--job-time", "200"]);
    let client = &service.client;

    let mut ids = Vec::new();
    let refused = loop {
        let answer = client.order();
        if answer.status != 202 {
            break answer;
        }
        ids.push(answer.body["id"].as_u64().expect("an id"));
        assert!(ids.len() < 1_000, "the queue never gets full");
    };
    assert_eq!(refused.status, 503);
    assert_eq!(refused.retry_after, Some(1));
    assert_eq!(refused.body["error"], "the queue is full");
    assert!(ids.len() >= 4, "refused below the capacity: {ids:?}");
    assert!(ids.is_sorted_by(|earlier, later| earlier < later));

    let stats = client.stats();
    assert_eq!(stats["accepted"], ids.len());
    assert_eq!(stats["rejected"], 1);
    assert_eq!(stats["capacity"], 4);
    assert_eq!(stats["workers"], 1);
    assert!(stats["queued"].as_u64() <= Some(4));
    assert!(stats["running"].as_u64() <= Some(1));
    assert!(stats["done"].as_u64() <= Some(ids.len() as u64));

    service.signal("INT");
    let accepted = ids.len();
    let (status, report) = service.wait();
    let expected = format!("accepted {accepted}, done {accepted}, rejected 1: nothing was lost");
    assert_eq!(report, expected);
    assert_eq!(status.code(), Some(0));
}

#[test]
fn requests_that_race_with_the_shutdown_are_done_or_refused() {
    let service = Service::start(&["--workers", "2", "--capacity", "8", "--job-time", "1"]);

    let clients: Vec<_> = (0..4)
        .map(|_| {
            let client = service.client.clone();
            thread::spawn(move || {
                let mut acknowledged = 0;
                // Until the service closes the connection, or the listener.
                while let Ok(answer) = client.post(&json!({ "name": "a job" })) {
                    match answer.status {
                        202 => acknowledged += 1,
                        status => assert_eq!(status, 503),
                    }
                }
                acknowledged
            })
        })
        .collect();
    while service.client.stats()["accepted"].as_u64() < Some(100) {
        thread::yield_now();
    }
    service.signal("TERM");

    let (status, report) = service.wait();
    let acknowledged: u64 = clients
        .into_iter()
        .map(|client| client.join().expect("only 202 and 503 are answered"))
        .sum();
    // If a client received the answer that its job was accepted, the job is done. (An answer can
    // get lost, so there may be more accepted jobs.)
    let accepted = number_after(&report, "accepted ");
    assert!(
        accepted >= acknowledged,
        "{acknowledged} acknowledged; {report}"
    );
    assert_eq!(number_after(&report, "done "), accepted);
    assert!(report.ends_with("nothing was lost"), "{report}");
    assert_eq!(status.code(), Some(0));
}

fn number_after(report: &str, word: &str) -> u64 {
    let number = report
        .split(word)
        .nth(1)
        .and_then(|rest| rest.split(',').next());
    number.and_then(|number| number.parse().ok()).expect(report)
}

#[test]
fn a_request_still_under_way_at_the_shutdown_is_refused() {
    let mut service = Service::start(&[]);
    let mut connection = TcpStream::connect(&service.client.address).expect("it listens");
    let body = r#"{"name": "late"}"#;
    write!(
        connection,
        "POST /jobs HTTP/1.1\r\nHost: service\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len(),
    )
    .expect("the service reads");
    // The service asks for the body, so it has the head.
    let mut answer = BufReader::new(connection.try_clone().expect("sockets can be shared"));
    let mut line = String::new();
    answer.read_line(&mut line).expect("the service answers");
    assert_eq!(line, "HTTP/1.1 100 Continue\r\n");

    service.signal("INT");
    let line = service.read_line();
    assert!(line.starts_with("shutting down"), "{line}");
    connection
        .write_all(body.as_bytes())
        .expect("the service reads");

    let answer = read_all(answer).join().expect("the answer is text");
    assert!(answer.contains("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("the service is shutting down"), "{answer}");
    let (status, report) = service.wait();
    assert_eq!(report, "accepted 0, done 0, rejected 1: nothing was lost");
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_new_connection_while_the_service_drains_is_answered_503() {
    let mut service = Service::start(&["--workers", "1", "--job-time", "2000"]);
    let client = service.client.clone();
    assert_eq!(client.order().status, 202);

    service.signal("INT");
    let line = service.read_line();
    assert!(line.starts_with("shutting down"), "{line}");
    // The job takes two seconds, so the service is draining now.
    let refused = new_client(client.address).order();
    assert_eq!(refused.status, 503);
    assert_eq!(refused.body["error"], "the service is shutting down");

    let (status, report) = service.wait();
    assert_eq!(report, "accepted 1, done 1, rejected 1: nothing was lost");
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_second_signal_gives_accepted_jobs_up_and_says_so() {
    let mut service = Service::start(&["--job-time", "3600000"]);
    assert_eq!(service.client.order().status, 202);

    service.signal("INT");
    let line = service.read_line();
    assert!(line.starts_with("shutting down"), "{line}");
    service.signal("INT");

    let (status, report) = service.wait();
    assert_eq!(
        report,
        "accepted 1, done 0, rejected 0: not every accepted job was done"
    );
    assert_eq!(status.code(), Some(1));
}

#[test]
fn an_order_that_cannot_be_read_is_no_job() {
    let service = Service::start(&[]);
    let answer = service.client.post(&json!({ "nom": "un travail" }));
    assert_eq!(answer.expect("the service answers").status, 422);
    let stats = service.client.stats();
    assert_eq!(
        (&stats["accepted"], &stats["rejected"]),
        (&json!(0), &json!(0))
    );
}
