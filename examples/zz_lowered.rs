//! temporary
use mpmc_std::{Builder, Receiver, Sender};
use std::time::Instant;
type Pair = (Sender<u64>, Receiver<u64>);
fn built() -> Pair {
    Builder::new(64).build()
}
fn lowered() -> Pair {
    Builder::new(64).growable_to(1024).build()
}
const N: u64 = 200_000;
fn single(make: fn() -> Pair) -> f64 {
    let (tx, rx) = make();
    let t = Instant::now();
    for i in 0..N {
        tx.try_send(i).unwrap();
        std::hint::black_box(rx.try_recv().unwrap());
    }
    t.elapsed().as_nanos() as f64 / N as f64
}
fn fill_drain(make: fn() -> Pair) -> f64 {
    let (tx, rx) = make();
    let t = Instant::now();
    for i in 0..N / 64 {
        for j in 0..64 {
            tx.try_send(i + j).unwrap();
        }
        for _ in 0..64 {
            std::hint::black_box(rx.try_recv().unwrap());
        }
    }
    t.elapsed().as_nanos() as f64 / N as f64
}
fn tasks(make: fn() -> Pair, workers: Option<usize>, s: u64, r: u64) -> f64 {
    let rt = match workers {
        Some(n) => tokio::runtime::Builder::new_multi_thread()
            .worker_threads(n)
            .build()
            .unwrap(),
        None => tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap(),
    };
    let (tx, rx) = make();
    let t = Instant::now();
    rt.block_on(async move {
        let mut hs = vec![];
        for _ in 0..s {
            let tx = tx.clone();
            hs.push(tokio::spawn(async move {
                for i in 0..N / s {
                    tx.send(i).await.unwrap();
                }
            }));
        }
        drop(tx);
        for _ in 0..r {
            let rx = rx.clone();
            hs.push(tokio::spawn(async move {
                while let Some(m) = rx.recv().await {
                    std::hint::black_box(m);
                }
            }));
        }
        for h in hs {
            h.await.unwrap();
        }
    });
    t.elapsed().as_nanos() as f64 / N as f64
}
fn threads(make: fn() -> Pair, s: u64, r: u64) -> f64 {
    let (tx, rx) = make();
    let t = Instant::now();
    std::thread::scope(|sc| {
        for _ in 0..s {
            let tx = tx.clone();
            sc.spawn(move || {
                for i in 0..N / s {
                    tx.blocking_send(i).unwrap();
                }
            });
        }
        drop(tx);
        for _ in 0..r {
            let rx = rx.clone();
            sc.spawn(move || {
                while let Some(m) = rx.blocking_recv() {
                    std::hint::black_box(m);
                }
            });
        }
    });
    t.elapsed().as_nanos() as f64 / N as f64
}
fn main() {
    if std::env::args().nth(1).as_deref() == Some("b") {
        println!("{}", single(built));
        return;
    }
    if std::env::args().nth(1).as_deref() == Some("l") {
        println!("{}", single(lowered));
        return;
    }
    let rounds = 9;
    let rows: Vec<(&str, Box<dyn Fn(fn() -> Pair) -> f64>)> = vec![
        ("one by one, one thread", Box::new(single)),
        ("fill and drain, one thread", Box::new(fill_drain)),
        ("tasks 1x1, one thread", Box::new(|m| tasks(m, None, 1, 1))),
        ("tasks 4x4, one thread", Box::new(|m| tasks(m, None, 4, 4))),
        (
            "tasks 1x1, two workers",
            Box::new(|m| tasks(m, Some(2), 1, 1)),
        ),
        (
            "tasks 4x4, two workers",
            Box::new(|m| tasks(m, Some(2), 4, 4)),
        ),
        ("threads 1x1", Box::new(|m| threads(m, 1, 1))),
        ("threads 4x4", Box::new(|m| threads(m, 4, 4))),
    ];
    for (name, row) in rows {
        let (mut a, mut b) = (vec![], vec![]);
        for _ in 0..rounds {
            a.push(row(built));
            b.push(row(lowered));
        }
        a.sort_by(f64::total_cmp);
        b.sort_by(f64::total_cmp);
        println!(
            "{name:30} built {:7.1} ({:6.1})  lowered {:7.1} ({:6.1})  ratio {:.2} ({:.2})",
            a[rounds / 2],
            a[0],
            b[rounds / 2],
            b[0],
            b[rounds / 2] / a[rounds / 2],
            b[0] / a[0]
        );
    }
}
