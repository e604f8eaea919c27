//! Checks the channel with crates that are often used with it. Each test fails if a message is
//! lost.

use mpmc_std::{Receiver, channel};

use crate::harness::soon;

/// Creates a closed channel that holds `0..count`.
fn filled(count: u32) -> Receiver<u32> {
    let (tx, rx) = channel(count as usize);
    tx.try_send_many(0..count).unwrap();
    rx
}

/// Sorts the numbers.
fn sorted(mut numbers: Vec<u32>) -> Vec<u32> {
    numbers.sort_unstable();
    numbers
}

/// Receives all messages until the channel is closed.
async fn all_of(rx: Receiver<u32>) -> Vec<u32> {
    let mut received = Vec::new();
    while let Some(number) = rx.recv().await {
        received.push(number);
    }
    received
}

mod tokio_stream_crate {
    use std::time::Duration;

    use mpmc_std::channel;
    use tokio_stream::StreamExt;

    use super::{filled, soon, sorted};

    #[tokio::test]
    async fn merge_yields_the_messages_of_both_channels() {
        let both = filled(50).merge(filled(30));
        let merged = sorted(soon(both.collect()).await);
        assert_eq!(merged, sorted((0..50).chain(0..30).collect()));
    }

    #[tokio::test]
    async fn merged_clones_share_one_channel() {
        let (tx, rx) = channel(3);
        let sender = tokio::spawn(async move { tx.send_many(0..100).await });
        let both = rx.clone().merge(rx);
        assert_eq!(sorted(soon(both.collect()).await), Vec::from_iter(0..100));
        assert_eq!(soon(sender).await.unwrap().unwrap(), 100);
    }

    #[tokio::test]
    async fn a_timeout_takes_no_message() {
        let (tx, rx) = channel(1);
        let timed = rx.timeout(Duration::from_millis(5));
        tokio::pin!(timed);
        assert!(soon(timed.next()).await.unwrap().is_err());
        tx.send(7).await.unwrap();
        // The timeout may expire again before the next attempt, so the error may be returned once
        // more.
        let message = loop {
            if let Ok(message) = soon(timed.next()).await.unwrap() {
                break message;
            }
        };
        assert_eq!(message, 7);
    }

    #[tokio::test]
    async fn chunks_hold_all_messages_in_order() {
        let (tx, rx) = channel(4);
        let sender = tokio::spawn(async move {
            tx.send_many(0..10).await.unwrap();
            tokio::time::sleep(Duration::from_millis(30)).await;
            tx.send_many(10..15).await.unwrap();
        });
        let chunks = rx.chunks_timeout(4, Duration::from_millis(10));
        let chunks: Vec<Vec<u32>> = soon(chunks.collect()).await;
        assert!(chunks.iter().all(|chunk| (1..=4).contains(&chunk.len())));
        assert_eq!(chunks.concat(), Vec::from_iter(0..15));
        soon(sender).await.unwrap();
    }
}

mod tokio_util_crate {
    use std::future::poll_fn;

    use mpmc_std::channel;
    use tokio_util::sync::{CancellationToken, ReusableBoxFuture};

    use super::{all_of, soon, sorted};

    #[tokio::test]
    async fn cancelled_workers_leave_the_rest_in_the_channel() {
        let (tx, rx) = channel(2);
        let token = CancellationToken::new();
        let workers: Vec<_> = (0..3)
            .map(|_| {
                let (rx, token) = (rx.clone(), token.clone());
                tokio::spawn(async move {
                    let mut received = Vec::new();
                    loop {
                        tokio::select! {
                            () = token.cancelled() => return received,
                            Some(number) = rx.recv() => received.push(number),
                        }
                    }
                })
            })
            .collect();
        let sender = tokio::spawn(async move { tx.send_many(0..500).await });
        tokio::task::yield_now().await;
        token.cancel();

        let mut received = Vec::new();
        for worker in workers {
            received.extend(soon(worker).await.unwrap());
        }
        while let Some(number) = soon(rx.recv()).await {
            received.push(number);
        }
        assert_eq!(sorted(received), Vec::from_iter(0..500));
        assert_eq!(soon(sender).await.unwrap().unwrap(), 500);
    }

    /// Implements tokio-util's `PollSender` with this crate's types.
    #[tokio::test]
    async fn a_reusable_future_waits_for_permits() {
        let (tx, rx) = channel(1);
        let receiver = tokio::spawn(all_of(rx));
        let mut reserving = ReusableBoxFuture::new(tx.reserve_owned());
        for number in 0..100 {
            let permit = soon(poll_fn(|cx| reserving.poll(cx))).await.unwrap();
            let tx = permit.send(number);
            reserving.set(tx.reserve_owned());
        }
        drop(reserving);
        assert_eq!(soon(receiver).await.unwrap(), Vec::from_iter(0..100));
    }
}

mod futures_crate {
    use futures::{FutureExt, StreamExt, select};
    use mpmc_std::channel;

    use super::{filled, soon, sorted};

    #[tokio::test]
    async fn select_takes_from_streams_until_all_are_complete() {
        let (mut one, mut two) = (filled(40), filled(20));
        let mut received = Vec::new();
        soon(async {
            loop {
                select! {
                    number = one.select_next_some() => received.push(number),
                    number = two.select_next_some() => received.push(number),
                    complete => break,
                }
            }
        })
        .await;
        let expected = sorted((0..40).chain(0..20).collect());
        assert_eq!(sorted(received), expected);
    }

    #[tokio::test]
    async fn select_drops_receive_futures_without_loss() {
        let (tx, rx) = channel(2);
        let sender = tokio::spawn(async move { tx.send_many(0..300).await });
        let mut received = Vec::new();
        soon(async {
            loop {
                select! {
                    number = rx.recv().fuse() => match number {
                        Some(number) => received.push(number),
                        None => break,
                    },
                    () = tokio::task::yield_now().fuse() => {}
                }
            }
        })
        .await;
        assert_eq!(received, Vec::from_iter(0..300));
        assert_eq!(soon(sender).await.unwrap().unwrap(), 300);
    }
}

mod tokio_select {
    use mpmc_std::channel;

    use super::{all_of, soon};

    #[tokio::test]
    async fn biased_select_prefers_the_urgent_channel() {
        let (urgent, at_urgent) = channel(4);
        let (normal, at_normal) = channel(4);
        normal.try_send_many(["d", "e"]).unwrap();
        urgent.try_send_many(["a", "b", "c"]).unwrap();
        drop((urgent, normal));
        let mut received = Vec::new();
        soon(async {
            loop {
                tokio::select! {
                    biased;
                    Some(message) = at_urgent.recv() => received.push(message),
                    Some(message) = at_normal.recv() => received.push(message),
                    else => break,
                }
            }
        })
        .await;
        assert_eq!(received, ["a", "b", "c", "d", "e"]);
    }

    #[tokio::test]
    async fn a_busy_first_branch_does_not_starve_the_second() {
        let (tx, rx) = channel(1);
        let sender = tokio::spawn(async move {
            let mut sent = 0_u32;
            while tx.send(sent).await.is_ok() {
                sent += 1;
            }
            sent
        });
        let (mut received, mut turns) = (0, 0);
        soon(async {
            while turns < 10 {
                tokio::select! {
                    biased;
                    Some(number) = rx.recv() => {
                        assert_eq!(number, received);
                        received += 1;
                    }
                    () = std::future::ready(()) => turns += 1,
                }
            }
        })
        .await;
        rx.close();
        while let Some(number) = soon(rx.recv()).await {
            assert_eq!(number, received);
            received += 1;
        }
        assert_eq!(soon(sender).await.unwrap(), received);
    }

    #[tokio::test]
    async fn reserving_in_a_select_loses_no_message() {
        let (tx, rx) = channel(1);
        let receiver = tokio::spawn(all_of(rx));
        let mut numbers = 0..200;
        soon(async {
            while !numbers.is_empty() {
                tokio::select! {
                    permit = tx.reserve() => permit.unwrap().send(numbers.next().unwrap()),
                    () = tokio::task::yield_now() => {}
                }
            }
        })
        .await;
        drop(tx);
        assert_eq!(soon(receiver).await.unwrap(), Vec::from_iter(0..200));
    }
}

mod async_stream_crate {
    use async_stream::stream;
    use futures::{SinkExt, StreamExt};
    use mpmc_std::channel;

    use super::{filled, soon};

    #[tokio::test]
    async fn a_generator_receives_and_feeds_another_channel() {
        let numbers = filled(100);
        let doubled = stream! {
            while let Some(number) = numbers.recv().await {
                yield 2 * number;
            }
        };
        let (tx, rx) = channel(3);
        let forward = tokio::spawn(async move {
            let mut tx = tx;
            let mut doubled = std::pin::pin!(doubled.map(Ok));
            tx.send_all(&mut doubled).await.unwrap();
        });
        let received: Vec<u32> = soon(rx.collect()).await;
        assert!(received.into_iter().eq((0..100).map(|number| 2 * number)));
        soon(forward).await.unwrap();
    }
}

mod tower_crate {
    use std::future::{Ready, ready};
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use futures::Sink;
    use mpmc_std::error::SendError;
    use mpmc_std::{Sender, channel};
    use tower::load_shed::{LoadShed, error::Overloaded};
    use tower::{Service, ServiceExt};

    use super::soon;

    /// A service that sends each request as a message. It is ready when it has reserved capacity,
    /// which it holds until it is called.
    #[derive(Clone)]
    struct Enqueue(Sender<u32>);

    impl Service<u32> for Enqueue {
        type Response = ();
        type Error = SendError<Option<u32>>;
        type Future = Ready<Result<(), Self::Error>>;

        fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            self.0.poll_reserve(cx).map_err(|_| SendError(None))
        }

        fn call(&mut self, request: u32) -> Self::Future {
            ready(Pin::new(&mut self.0).start_send(request))
        }
    }

    #[tokio::test]
    async fn load_is_shed_when_the_channel_is_full() {
        let (tx, rx) = channel(2);
        let mut service = LoadShed::new(Enqueue(tx));
        let mut accepted = Vec::new();
        for request in 0..5 {
            match service.ready().await.unwrap().call(request).await {
                Ok(()) => accepted.push(request),
                Err(error) => assert!(error.is::<Overloaded>()),
            }
        }
        assert_eq!(accepted, [0, 1]);
        assert_eq!(rx.try_recv(), Ok(0));
        service.ready().await.unwrap().call(5).await.unwrap();
        drop(service);
        assert_eq!(rx.try_iter().collect::<Vec<_>>(), [1, 5]);
    }

    #[tokio::test]
    async fn exactly_the_accepted_requests_are_received_under_load() {
        let (tx, rx) = channel(3);
        let clients: Vec<_> = (0..4)
            .map(|client| {
                let mut service = LoadShed::new(Enqueue(tx.clone()));
                tokio::spawn(async move {
                    let mut accepted = Vec::new();
                    for request in (0..200).map(|number| 4 * number + client) {
                        let ready = service.ready().await.unwrap();
                        if ready.call(request).await.is_ok() {
                            accepted.push(request);
                        }
                        tokio::task::yield_now().await;
                    }
                    accepted
                })
            })
            .collect();
        drop(tx);
        let mut received = Vec::new();
        while let Some(request) = soon(rx.recv()).await {
            received.push(request);
        }
        let mut accepted = Vec::new();
        for client in clients {
            accepted.extend(soon(client).await.unwrap());
        }
        received.sort_unstable();
        accepted.sort_unstable();
        assert_eq!(received, accepted);
    }

    #[tokio::test]
    async fn without_shedding_a_ready_service_always_accepts() {
        let (tx, rx) = channel(1);
        let clients: Vec<_> = (0..3)
            .map(|_| {
                let service = Enqueue(tx.clone());
                tokio::spawn(async move {
                    for request in 0..100 {
                        service.clone().oneshot(request).await.unwrap();
                    }
                })
            })
            .collect();
        drop(tx);
        let mut sum = 0;
        while let Some(request) = soon(rx.recv()).await {
            sum += request;
        }
        assert_eq!(sum, 3 * (0..100).sum::<u32>());
        for client in clients {
            soon(client).await.unwrap();
        }
    }
}
