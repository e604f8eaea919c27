//! An actor: a task that owns its state, and handles that talk to it.
//!
//! The actor lives as long as a handle exists. Its own timer uses a weak sender, so that the actor
//! does not keep itself alive.

use std::collections::HashMap;
use std::time::Duration;

use mpmc_std::{Receiver, Sender, WeakSender, channel};
use tokio::sync::oneshot;

/// A message to the actor. A question contains the channel for its answer.
enum Message {
    Deposit {
        name: String,
        amount: u64,
    },
    Balance {
        name: String,
        answer: oneshot::Sender<u64>,
    },
    Tick,
}

#[derive(Default)]
struct Bank {
    accounts: HashMap<String, u64>,
    ticks: u64,
}

impl Bank {
    async fn run(mut self, inbox: Receiver<Message>) -> Self {
        while let Some(message) = inbox.recv().await {
            match message {
                Message::Deposit { name, amount } => {
                    *self.accounts.entry(name).or_default() += amount;
                }
                Message::Balance { name, answer } => {
                    let balance = self.accounts.get(&name).copied().unwrap_or(0);
                    // The task that asked may have been canceled in the meantime.
                    let _ = answer.send(balance);
                }
                Message::Tick => self.ticks += 1,
            }
        }
        self
    }
}

/// A handle to the actor. Cloning it is cheap, and each clone keeps the actor alive.
#[derive(Clone)]
struct Handle(Sender<Message>);

impl Handle {
    fn start() -> (Self, tokio::task::JoinHandle<Bank>) {
        let (tx, inbox) = channel(32);
        tokio::spawn(tick(tx.downgrade()));
        (Self(tx), tokio::spawn(Bank::default().run(inbox)))
    }

    /// Waits while the inbox is full, so that a slow actor has a bounded inbox.
    async fn deposit(&self, name: &str, amount: u64) {
        let name = name.to_owned();
        let sent = self.0.send(Message::Deposit { name, amount }).await;
        sent.expect("the actor lives as long as its handles");
    }

    async fn balance(&self, name: &str) -> u64 {
        let (answer, answered) = oneshot::channel();
        let name = name.to_owned();
        let sent = self.0.send(Message::Balance { name, answer }).await;
        sent.expect("the actor lives as long as its handles");
        answered.await.expect("the actor answers every question")
    }
}

async fn tick(actor: WeakSender<Message>) {
    loop {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let Some(tx) = actor.upgrade() else { return };
        // If the inbox is full, the tick is dropped instead of waiting for free capacity.
        let _ = tx.try_send(Message::Tick);
    }
}

#[tokio::main]
async fn main() {
    let (bank, actor) = Handle::start();

    let customers: Vec<_> = (0..10)
        .map(|_| {
            let bank = bank.clone();
            tokio::spawn(async move {
                for _ in 0..100 {
                    bank.deposit("shared", 1).await;
                }
            })
        })
        .collect();
    for customer in customers {
        customer.await.unwrap();
    }
    // Every deposit was in the inbox before this question, so it is in the answer.
    assert_eq!(bank.balance("shared").await, 1000);
    assert_eq!(bank.balance("nobody").await, 0);

    tokio::time::sleep(Duration::from_millis(20)).await;
    drop(bank); // the last handle: the actor processes its inbox and ends
    let bank = actor.await.unwrap();
    assert_eq!(bank.accounts["shared"], 1000);
    assert!(bank.ticks > 0);
    println!(
        "the actor has ended with a balance of {}",
        bank.accounts["shared"]
    );
}
