//! How many threads wait for origins.

use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use crate::gate::Gate;

/// The group of a request, and its number there.
type Begun = (u64, u32);

/// A gate, and servers that answer when they are told to.
struct Servers {
    gate: Arc<Gate>,
    /// Tells which requests have begun.
    begun: (Sender<Begun>, Receiver<Begun>),
    /// What holds up the requests of a group, if anything.
    held: HashMap<u64, Arc<Mutex<()>>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Servers {
    fn new(n_threads: usize, held: &[u64]) -> Self {
        Self {
            gate: Arc::new(Gate::new(n_threads)),
            begun: mpsc::channel(),
            held: held.iter().map(|&group| (group, Arc::default())).collect(),
            threads: Vec::new(),
        }
    }

    /// Returns a request that says when it begins, and then waits for its server.
    fn job(&self, group: u64, number: u32) -> impl FnOnce() + Send + 'static {
        let (begun, server) = (self.begun.0.clone(), self.held.get(&group).cloned());
        move || {
            begun.send((group, number)).unwrap();
            let _answered = server.as_deref().map(Mutex::lock);
        }
    }

    /// Has a request come on a thread of its own.
    fn come(&mut self, group: u64, number: u32) {
        let (gate, job) = (self.gate.clone(), self.job(group, number));
        self.threads
            .push(thread::spawn(move || gate.run(group, job)));
    }

    /// Has so many requests come for one group; returns when so many of them run.
    fn fill(&mut self, group: u64, n_come: u32, n_running: u32) {
        (0..n_come).for_each(|number| self.come(group, number));
        let begun = (0..n_running).map(|_| self.begun.1.recv().unwrap().0);
        assert!(begun.into_iter().all(|begun| begun == group));
    }

    /// Returns what has begun and was not asked for.
    fn begun(&self) -> Vec<Begun> {
        self.begun.1.try_iter().collect()
    }

    fn join(&mut self) {
        self.threads
            .drain(..)
            .for_each(|thread| thread.join().unwrap());
    }
}

#[test]
fn a_dead_server_takes_half_of_what_is_left_and_loses_no_request() {
    let mut servers = Servers::new(16, &[1, 2]);
    let (first, second) = (servers.held[&1].clone(), servers.held[&2].clone());
    let (first, second) = (first.lock().unwrap(), second.lock().unwrap());
    servers.fill(1, 20, 7);
    servers.fill(2, 20, 4);
    // Whoever comes for another server is let through, even if others were set aside before.
    servers.gate.run(3, servers.job(3, 0));
    assert_eq!(servers.begun(), [(3, 0)]);
    drop((first, second));
    servers.join();
    assert_eq!(servers.begun().len(), 40 - 7 - 4);
}

#[test]
fn whoever_was_set_aside_runs_when_there_is_room_the_least_served_first() {
    let mut servers = Servers::new(6, &[1, 2, 3]);
    let held = [1, 2, 3].map(|group| servers.held[&group].clone());
    let [first, second, third] = held.each_ref().map(|server| server.lock().unwrap());
    // Of four places, one is left, and one group has none.
    servers.fill(1, 3, 2);
    servers.fill(2, 1, 1);
    servers.fill(3, 1, 1);
    servers.gate.run(4, servers.job(4, 0));
    assert_eq!(servers.begun(), []);
    drop(second);
    assert_eq!(servers.begun.1.recv(), Ok((4, 0)));
    drop((first, third));
    servers.join();
    assert!(matches!(servers.begun()[..], [(1, _)]));
}

#[test]
fn a_request_goes_on_in_the_group_that_it_finds() {
    let mut servers = Servers::new(16, &[1]);
    let server = servers.held[&1].clone();
    let server = server.lock().unwrap();
    servers.fill(1, 7, 7);
    for number in 0..20 {
        servers.gate.run_where(|| 1, servers.job(1, number));
    }
    assert_eq!(servers.begun(), [], "each waits for its turn");
    servers.gate.run_where(|| 2, servers.job(2, 0));
    assert_eq!(servers.begun(), [(2, 0)]);
    drop(server);
    servers.join();
    assert_eq!(servers.begun().len(), 20);
}

/// Those who found a dead server come back late, and what came while they looked must not wait for them.
#[test]
fn whoever_goes_on_leaves_nobody_behind_who_could_be_let_through() {
    let mut servers = Servers::new(16, &[1]);
    let server = servers.held[&1].clone();
    let server = server.lock().unwrap();
    let (seek, all_seek) = (Arc::new(Barrier::new(8)), mpsc::channel());
    for number in 0..7 {
        let (gate, job) = (servers.gate.clone(), servers.job(1, number));
        let (seek, seeks) = (seek.clone(), all_seek.0.clone());
        let find = move || {
            seeks.send(()).unwrap();
            seek.wait();
            1
        };
        servers
            .threads
            .push(thread::spawn(move || gate.run_where(find, job)));
    }
    (0..7).for_each(|_| all_seek.1.recv().unwrap());
    servers.gate.run_where(|| 2, servers.job(2, 0));
    assert_eq!(servers.begun(), [], "it is set aside");
    seek.wait();
    let soon = Duration::from_secs(20);
    let begun: Vec<_> = std::iter::from_fn(|| servers.begun.1.recv_timeout(soon).ok())
        .take(8)
        .collect();
    drop(server);
    servers.join();
    assert!(begun.contains(&(2, 0)), "{begun:?}");
}

#[test]
fn a_job_that_panics_gives_its_place_back() {
    let gate = Gate::new(1);
    for _ in 0..3 {
        gate.run(1, || panic!("as a broken library would"));
        gate.run_where(|| panic!("as it would here"), || {});
    }
    let (done, is_done) = mpsc::channel();
    gate.run(1, move || done.send(()).unwrap());
    assert_eq!(is_done.try_recv(), Ok(()));
}
