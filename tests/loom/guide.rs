//! The models of the guide's page on testing under loom (`docs/loom.md`).

#[test]
fn the_page_shows_these_models() {
    let page = include_str!("../../docs/loom.md");
    let (_, models) = include_str!("guide.rs")
        .split_once("// On the page:\n")
        .unwrap();
    assert!(page.contains(models), "docs/loom.md and this file differ");
}

// On the page:
use loom::thread;

#[test]
fn an_accepted_job_is_done() {
    loom::model(|| {
        let (tx, rx) = mpmc_std::channel(1);
        let accept = thread::spawn(move || tx.try_send("job").is_ok());
        rx.close(); // before, after, or in the middle of the `try_send`
        let accepted = accept.join().unwrap();
        let done = rx.blocking_recv() == Some("job");
        assert_eq!(accepted, done);
    });
}

#[test]
fn a_waiting_task_gets_the_message() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(|| {
        let (tx, rx) = mpmc_std::channel(1);
        let worker = thread::spawn(move || loom::future::block_on(rx.recv()));
        tx.try_send("job").unwrap();
        drop(tx);
        assert_eq!(worker.join().unwrap(), Some("job"));
    });
}
