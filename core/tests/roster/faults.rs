//! Processes, one store, and a network between them that delays and loses: every leave is told once, and in the end
//! the store lists whom the processes hold.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use proptest::prelude::*;
use tollgate_core::Timestamp;
use tollgate_core::roster::{Beat, Heartbeats, Identity, Lost, Owned, Roster, Session};

use crate::promises::Told;
use crate::sequences::{grace, hold, must_fail};
use crate::subject::{HEARTBEAT, TTL, config};

const ROOM: &str = "r0";
const TICK: u64 = 10_000;
const PROCESSES: usize = 3;

/// What happens to a command on its way.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// To the store, and as long back.
    delay: u64,
    loses: Option<Loses>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loses {
    Request,
    Reply,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Connect { process: usize, cid: u8 },
    Disconnect { process: usize, cid: u8 },
    Crash { process: usize },
    StoreForgets,
    Pass { ticks: u64 },
}

#[derive(Clone, Debug)]
enum Command {
    Join(Owned),
    Rejoin(Owned),
    Leave(Owned),
    Beat(Beat),
}

#[derive(Clone, Debug)]
enum Reply {
    Joined(Owned),
    /// The store says how these stand.
    Lost(Vec<(Owned, Lost)>),
    Failed,
}

struct Process {
    beats: Heartbeats,
    requests: VecDeque<(u64, Way, Command)>,
    replies: VecDeque<(u64, Reply)>,
}

struct World {
    store: Roster,
    grace: u64,
    processes: Vec<Process>,
    ways: VecDeque<Way>,
    told: Told,
    now: u64,
    last_session: u64,
    /// A rule known to be wrong: the processes do not sweep, so nobody hears of the dead.
    sweeps: bool,
}

impl Process {
    fn new(grace: u64) -> Self {
        let beats = Heartbeats::new(config(grace)).unwrap();
        Self { beats, requests: VecDeque::new(), replies: VecDeque::new() }
    }

    /// One connection: what is sent first arrives first.
    fn send(&mut self, command: Command, way: Way, now: u64) {
        let soonest = self.requests.back().map_or(0, |(at, ..)| *at);
        self.requests.push_back((soonest.max(now + way.delay), way, command));
    }
}

impl World {
    fn new(grace: u64, ways: Vec<Way>, sweeps: bool) -> Self {
        let store = Roster::new(config(grace)).unwrap();
        let processes = (0..PROCESSES).map(|_| Process::new(grace)).collect();
        Self { store, grace, processes, ways: ways.into(), told: Told::default(), now: 0, last_session: 0, sweeps }
    }

    fn at(&self) -> Timestamp {
        Timestamp::from_micros(self.now)
    }

    fn send(&mut self, process: usize, command: Command) {
        let way = self.ways.pop_front().unwrap_or(Way { delay: 0, loses: None });
        let now = self.now;
        self.processes[process].send(command, way, now);
    }

    fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Connect { process, cid } => self.connect(process, cid),
            Step::Disconnect { process, cid } => self.disconnect(process, cid),
            Step::Crash { process } => self.processes[process] = Process::new(self.grace),
            Step::StoreForgets => {
                self.store = Roster::new(config(self.grace)).unwrap();
                // Who follows the store reads it anew.
                self.told = Told::default();
            }
            Step::Pass { ticks } => return (0..ticks).try_for_each(|_| self.tick()),
        }
        self.hear()
    }

    fn connect(&mut self, process: usize, cid: u8) {
        self.last_session += 1;
        let identity = Identity { user: Some(format!("u{}", cid / 2)), data: self.last_session.to_string() };
        let owned = Owned {
            room: ROOM.into(),
            cid: format!("c{cid}").into(),
            session: Session(self.last_session),
            identity: Arc::new(identity),
        };
        self.send(process, Command::Join(owned));
    }

    fn disconnect(&mut self, process: usize, cid: u8) {
        let held = self.processes[process].beats.members().find(|owned| *owned.cid == format!("c{cid}"));
        if let Some(owned) = held {
            self.processes[process].beats.remove(&owned.room, &owned.cid, owned.session);
            self.send(process, Command::Leave(owned));
        }
    }

    fn tick(&mut self) -> Result<(), TestCaseError> {
        self.now += TICK;
        for process in 0..PROCESSES {
            self.deliver(process);
            self.answer(process);
            self.beat(process);
        }
        if self.sweeps {
            self.store.handle_timeout(self.at());
        }
        self.hear()
    }

    fn deliver(&mut self, process: usize) {
        while let Some((at, way, command)) = self.processes[process].requests.pop_front() {
            if at > self.now {
                return self.processes[process].requests.push_front((at, way, command));
            }
            let answer = (way.loses != Some(Loses::Request)).then(|| self.execute(command));
            let reply = answer.filter(|_| way.loses.is_none()).unwrap_or(Reply::Failed);
            let soonest = self.processes[process].replies.back().map_or(0, |(at, _)| *at);
            self.processes[process].replies.push_back((soonest.max(self.now + way.delay), reply));
        }
    }

    fn execute(&mut self, command: Command) -> Reply {
        let now = self.at();
        match command {
            Command::Join(owned) => {
                self.store.join(ROOM, &owned.cid, owned.session, (*owned.identity).clone(), now).unwrap();
                Reply::Joined(owned)
            }
            Command::Rejoin(owned) => {
                let held = self.store.rejoin(ROOM, &owned.cid, owned.session, (*owned.identity).clone(), now).unwrap();
                Reply::Lost(if held { vec![] } else { vec![(owned, Lost::Replaced)] })
            }
            Command::Leave(owned) => {
                self.store.leave(ROOM, &owned.cid, owned.session, now);
                Reply::Lost(vec![])
            }
            Command::Beat(beat) => {
                let lost = beat.members.into_iter().filter_map(|owned| {
                    self.store.heartbeat(ROOM, &owned.cid, owned.session, now);
                    let why = self.store.lost(ROOM, &owned.cid, owned.session, now);
                    why.map(|why| (owned, why))
                });
                Reply::Lost(lost.collect())
            }
        }
    }

    fn answer(&mut self, process: usize) {
        while let Some((at, reply)) = self.processes[process].replies.pop_front() {
            if at > self.now {
                return self.processes[process].replies.push_front((at, reply));
            }
            self.hear_reply(process, reply);
        }
    }

    fn hear_reply(&mut self, process: usize, reply: Reply) {
        let now = self.at();
        let beats = &mut self.processes[process].beats;
        match reply {
            Reply::Joined(owned) => beats.add(ROOM, &owned.cid, owned.session, owned.identity, now),
            Reply::Failed => beats.handle_failure(now),
            Reply::Lost(lost) => {
                let again =
                    lost.into_iter().filter_map(|(owned, why)| beats.handle_lost(ROOM, &owned.cid, owned.session, why));
                for owned in again.collect::<Vec<_>>() {
                    self.send(process, Command::Rejoin(owned));
                }
            }
        }
    }

    fn beat(&mut self, process: usize) {
        let now = self.at();
        self.processes[process].beats.handle_timeout(now);
        while let Some(beat) = self.processes[process].beats.poll_transmit() {
            self.send(process, Command::Beat(beat));
        }
    }

    fn hear(&mut self) -> Result<(), TestCaseError> {
        while let Some(event) = self.store.poll_event() {
            self.told.hear(&event)?;
        }
        Ok(())
    }

    /// When nothing has gone wrong for long enough, the store, its events and the processes agree.
    fn settle(&mut self) -> Result<(), TestCaseError> {
        self.ways.clear();
        let delays = 4 * TTL;
        (0..(2 * TTL + 3 * HEARTBEAT + self.grace + delays) / TICK).try_for_each(|_| self.tick())?;
        let told: BTreeSet<_> = self.told.of(0).into_iter().map(|(cid, ..)| cid).collect();
        let held = self.processes.iter().flat_map(|process| process.beats.members());
        let held: BTreeSet<_> = held.map(|owned| owned.cid.to_string()).collect();
        let listed = self.store.members(ROOM, "", 1_000, self.at()).members;
        let listed: BTreeSet<_> = listed.into_iter().map(|member| member.cid.to_string()).collect();
        prop_assert_eq!(&told, &held);
        prop_assert_eq!(listed, held);
        Ok(())
    }
}

fn ways() -> impl Strategy<Value = Vec<Way>> {
    let delay = prop_oneof![6 => 0..TICK, 3 => 0..HEARTBEAT, 1 => 0..2 * TTL];
    let loses = prop_oneof![8 => Just(None), 1 => Just(Some(Loses::Request)), 1 => Just(Some(Loses::Reply))];
    prop::collection::vec((delay, loses).prop_map(|(delay, loses)| Way { delay, loses }), 120)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => (0..PROCESSES, 0..5_u8).prop_map(|(process, cid)| Step::Connect { process, cid }),
        3 => (0..PROCESSES, 0..5_u8).prop_map(|(process, cid)| Step::Disconnect { process, cid }),
        1 => (0..PROCESSES).prop_map(|process| Step::Crash { process }),
        1 => Just(Step::StoreForgets),
        8 => (1..20_u64).prop_map(|ticks| Step::Pass { ticks }),
    ];
    prop::collection::vec(step, 1..60)
}

fn survives(sweeps: bool, grace: u64, ways: Vec<Way>, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut world = World::new(grace, ways, sweeps);
    steps.into_iter().try_for_each(|step| world.step(step))?;
    world.settle()
}

#[test]
fn every_leave_is_told_once_whatever_is_late_or_lost_or_dies() {
    hold(1_000, (grace(), ways(), steps()), |(grace, ways, steps)| survives(true, grace, ways, steps));
}

#[test]
fn processes_that_do_not_sweep_are_caught() {
    must_fail((grace(), ways(), steps()), |(grace, ways, steps)| survives(false, grace, ways, steps));
}
