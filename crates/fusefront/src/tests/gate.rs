//! How many threads wait for origins.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Barrier};

use crate::gate::Gate;

#[test]
fn one_group_takes_half_the_threads_and_loses_no_request() {
    let gate = Arc::new(Gate::new(8));
    let (n_done, entered) = (Arc::new(AtomicUsize::new(0)), Arc::new(Barrier::new(5)));
    let (let_go, hold) = mpsc::channel::<()>();
    let hold = Arc::new(std::sync::Mutex::new(hold));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (gate, n_done) = (gate.clone(), n_done.clone());
            let (entered, hold) = (entered.clone(), hold.clone());
            scope.spawn(move || {
                gate.run(1, move || {
                    entered.wait();
                    let _ = hold.lock().unwrap().recv();
                    n_done.fetch_add(1, Ordering::Relaxed);
                });
            });
        }
        entered.wait();
        for _ in 0..100 {
            let n_done = n_done.clone();
            gate.run(1, move || {
                n_done.fetch_add(1, Ordering::Relaxed);
            });
        }
        assert_eq!(n_done.load(Ordering::Relaxed), 0, "group 1 is full");
        let other = n_done.clone();
        gate.run(2, move || {
            other.fetch_add(1000, Ordering::Relaxed);
        });
        assert_eq!(n_done.load(Ordering::Relaxed), 1000, "group 2 is not");
        drop(let_go);
    });
    assert_eq!(n_done.load(Ordering::Relaxed), 1104);
}

#[test]
fn a_job_that_panics_gives_its_place_back() {
    let gate = Gate::new(1);
    for _ in 0..3 {
        gate.run(1, || panic!("as a broken library would"));
    }
    let (done, is_done) = mpsc::channel();
    gate.run(1, move || done.send(()).unwrap());
    assert_eq!(is_done.try_recv(), Ok(()));
}
