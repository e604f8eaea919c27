use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::PollSender;

use futures::{SinkExt, Stream, StreamExt, stream};
use std::future::poll_fn;
use std::task::{Context, Poll};

/// A client of a server in another task, which is polled before it is called.
#[derive(Clone)]
struct Client {
    requests: PollSender<u32>,
}

impl Client {
    fn new(requests: Sender<u32>) -> Self {
        Self {
            requests: PollSender::new(requests),
        }
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        self.requests
            .poll_reserve(cx)
            .map_err(|_| "the server is gone")
    }

    fn call(&mut self, request: u32) {
        let _ = self.requests.send_item(request);
    }
}

/// Adds up requests.
async fn serve(mut requests: Receiver<u32>) -> u32 {
    let mut sum = 0;
    while let Some(request) = requests.recv().await {
        sum += request;
    }
    sum
}

/// Doubles what comes.
fn double(rx: Receiver<u32>) -> impl Stream<Item = u32> {
    ReceiverStream::new(rx).map(|number| 2 * number)
}

#[tokio::test]
async fn clients_are_polled_before_they_are_called() {
    let (tx, rx) = channel(2);
    let server = tokio::spawn(serve(rx));
    let client = Client::new(tx);
    let mut clients = Vec::new();
    for request in 1..=10 {
        let mut client = client.clone();
        clients.push(tokio::spawn(async move {
            poll_fn(|cx| client.poll_ready(cx)).await.unwrap();
            client.call(request);
        }));
    }
    drop(client);
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(server.await.unwrap(), 55);
}

#[tokio::test]
async fn a_client_that_gives_up_gives_back_what_it_has() {
    let (tx, mut rx) = channel(1);
    let mut client = Client::new(tx.clone());
    poll_fn(|cx| client.poll_ready(cx)).await.unwrap();
    assert!(tx.try_send(1).is_err());
    assert!(client.requests.abort_send());
    tx.try_send(1).unwrap();
    assert_eq!(rx.recv().await, Some(1));

    poll_fn(|cx| client.poll_ready(cx)).await.unwrap();
    client.requests.close();
    client.call(2);
    drop(tx);
    assert_eq!(rx.recv().await, Some(2));
    assert_eq!(rx.recv().await, None);
    assert!(poll_fn(|cx| client.poll_ready(cx)).await.is_err());
}

#[tokio::test]
async fn streams_are_forwarded() {
    let (tx, rx) = channel(2);
    let mut sink = PollSender::new(tx);
    let forward = async move {
        let mut numbers = stream::iter(1..=10).map(Ok);
        sink.send_all(&mut numbers).await.unwrap();
        SinkExt::close(&mut sink).await.unwrap();
        assert!(sink.is_closed());
    };
    let ((), doubled) = tokio::join!(forward, double(rx).collect::<Vec<_>>());
    assert!(doubled.into_iter().eq((1..=10).map(|number| 2 * number)));
}

#[tokio::test]
async fn a_server_that_is_gone_is_noticed() {
    let (tx, rx) = channel(1);
    let mut client = Client::new(tx);
    drop(rx);
    assert!(poll_fn(|cx| client.poll_ready(cx)).await.is_err());
    let unsent = client.requests.send_item(7).unwrap_err();
    assert_eq!(unsent.into_inner(), Some(7));
}
