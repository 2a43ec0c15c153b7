//! True time, the bus, and everything that happens in order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tollgate_core::Span;
use tollgate_core::share::{Channel, PeersConfig, Quota};

use crate::auditor::Auditor;
use crate::dice::Dice;
use crate::fault::Fault;
use crate::member::Member;
use crate::plan::Plan;

/// What happens at a moment.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Fault(Fault),
    /// A message reaches a member, unless it was cut off while it travelled.
    Arrival {
        to: usize,
        channel: Main,
        message: String,
    },
    /// The reply to a publication: how many subscribers it reached.
    Reply {
        to: usize,
        receivers: u64,
    },
    /// Something is due; only the latest of a member counts.
    Wake {
        member: usize,
        number: u64,
    },
    End {
        member: usize,
    },
}

/// [`Channel`], in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Main(bool);

/// A run.
pub(crate) struct World {
    plan: Plan,
    dice: Dice,
    now: u64,
    queue: BinaryHeap<Reverse<(u64, u64, Happening)>>,
    number: u64,
    members: Vec<Member>,
    wakes: Vec<u64>,
    /// Until when the bus is down.
    bus_down_until: u64,
    /// Who sees the quota's use.
    pub(crate) auditor: Auditor,
}

impl World {
    /// Everything that a plan says, before it begins.
    pub(crate) fn new(plan: Plan, seed: u64) -> Self {
        let auditor = Auditor::new(plan.rate, plan.interval, plan.concurrency);
        let mut world = Self {
            plan,
            dice: Dice::new(seed ^ 0x5eed),
            now: 0,
            queue: BinaryHeap::new(),
            number: 0,
            members: Vec::new(),
            wakes: Vec::new(),
            bus_down_until: 0,
            auditor,
        };
        for (at, fault) in std::mem::take(&mut world.plan.faults) {
            world.at(at, Happening::Fault(fault));
        }
        world
    }

    /// Runs to the end.
    pub(crate) fn run(&mut self) {
        while let Some(Reverse((at, _, happening))) = self.queue.pop() {
            if at > self.plan.length {
                break;
            }
            self.now = at;
            self.happen(happening);
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Fault(fault) => self.fault(fault),
            Happening::Arrival { to, channel, message } => self.arrive(to, channel, message),
            Happening::Reply { to, receivers } => {
                let now = self.now;
                if let Some(member) = self.running(to) {
                    let clocks = member.clocks(now);
                    member.peers().published(receivers, clocks);
                    self.act(to);
                }
            }
            Happening::Wake { member, number } => {
                if self.wakes.get(member) == Some(&number) {
                    let now = self.now;
                    if let Some(member) = self.running(member) {
                        let clocks = member.clocks(now);
                        member.peers().handle_timeout(clocks);
                    }
                    self.act(member);
                }
            }
            Happening::End { member } => {
                if let Some(ending) = self.members.get_mut(member) {
                    // The jobs of a process that crashed have ended with it.
                    if ending.in_flight > 0 {
                        ending.in_flight -= 1;
                        self.auditor.end();
                    }
                    self.act(member);
                }
            }
        }
    }

    fn fault(&mut self, fault: Fault) {
        match fault {
            Fault::Join => self.join(),
            Fault::Leave(who) => {
                if let Some(member) = self.running(who) {
                    member.peers().close();
                    self.publish(who);
                    self.members[who].gone = true;
                }
            }
            Fault::Crash(who) => {
                let Some(member) = self.members.get_mut(who) else { return };
                member.gone = true;
                for _ in 0..std::mem::take(&mut member.in_flight) {
                    self.auditor.end();
                }
            }
            Fault::Stop(who) => {
                let now = self.now;
                if let Some(member) = self.running(who) {
                    member.stopped_since = Some(now);
                }
            }
            Fault::Resume { who, clocks_stopped } => self.resume(who, clocks_stopped),
            Fault::Cut(who) => {
                if let Some(member) = self.members.get_mut(who) {
                    member.cut = true;
                }
            }
            Fault::Heal(who) => {
                if let Some(member) = self.members.get_mut(who) {
                    member.cut = false;
                    self.resubscribe(who);
                }
            }
            Fault::RestartBus { down } => {
                self.bus_down_until = self.now + down;
                for who in 0..self.members.len() {
                    let late = self.dice.within(0, 2_000_000);
                    self.at(self.now + down + late, Happening::Fault(Fault::Heal(who)));
                }
            }
            Fault::SetWall { who, jump } => {
                if let Some(member) = self.members.get_mut(who) {
                    member.set_wall(jump);
                }
            }
        }
    }

    fn join(&mut self) {
        let who = self.members.len();
        let drift = self.plan.drift;
        let drift = i64::try_from(self.dice.within(0, 2 * drift)).unwrap_or(0) - i64::try_from(drift).unwrap_or(0);
        let id = format!("{:016x}-{who}", self.dice.any());
        let window = PeersConfig::guarded_interval(Span::from_micros(self.plan.interval)).as_micros();
        let window = if self.plan.window_guard { window } else { self.plan.interval };
        let weights = self.plan.weights.clone();
        self.members.push(Member::new(self.config(), id, window, weights, drift, self.now));
        self.wakes.push(0);
        if self.now < self.bus_down_until {
            let late = self.dice.within(0, 2_000_000);
            self.at(self.bus_down_until + late, Happening::Fault(Fault::Heal(who)));
        } else {
            self.resubscribe(who);
        }
    }

    fn config(&self) -> PeersConfig {
        let Plan { rate, interval, concurrency, split, fast_start, longest_job, rules, .. } = self.plan;
        PeersConfig {
            quota: Quota { rate: Some((rate, Span::from_micros(interval))), concurrency: Some(concurrency) },
            split,
            fast_start,
            heartbeat: Span::from_secs(30),
            longest_job: Some(Span::from_micros(longest_job)),
            rules,
        }
    }

    fn resubscribe(&mut self, who: usize) {
        let now = self.now;
        if let Some(member) = self.running(who) {
            let clocks = member.clocks(now);
            member.peers().subscribed(clocks);
            self.act(who);
        }
    }

    fn resume(&mut self, who: usize, clocks_stopped: bool) {
        let now = self.now;
        let Some(member) = self.members.get_mut(who) else { return };
        let Some(since) = member.stopped_since else { return };
        member.resume(if clocks_stopped { now - since } else { 0 });
        // Whichever of its timers and its sockets comes first: its caller may start something before both.
        self.act(who);
        for (channel, message) in std::mem::take(&mut self.members[who].inbox) {
            self.arrive(who, Main(channel == Channel::Main), message);
        }
    }

    fn arrive(&mut self, to: usize, channel: Main, message: String) {
        let now = self.now;
        let Some(member) = self.members.get_mut(to) else { return };
        let channel = if channel.0 { Channel::Main } else { Channel::Extension };
        if member.gone || member.cut {
            return;
        }
        if member.stopped_since.is_some() {
            member.inbox.push((channel, message));
            return;
        }
        let clocks = member.clocks(now);
        member.peers().handle_message(channel, &message, clocks);
        self.act(to);
    }

    /// Lets a member start what it may, publish what it has, and wait for what comes next.
    fn act(&mut self, who: usize) {
        let now = self.now;
        if self.running(who).is_none() {
            return;
        }
        while let Some(weight) = self.members[who].start(now) {
            self.auditor.start(now, weight);
            let takes = self.dice.within(1_000, self.plan.longest_job);
            self.at(now + takes, Happening::End { member: who });
        }
        self.publish(who);
        if let Some(at) = self.members[who].next_wake(now) {
            self.number += 1;
            self.wakes[who] = self.number;
            let number = self.number;
            self.at(at, Happening::Wake { member: who, number });
        }
    }

    fn publish(&mut self, who: usize) {
        let transmits = self.members[who].transmits();
        if self.members[who].cut || self.now < self.bus_down_until {
            return;
        }
        for transmit in transmits {
            let reached: Vec<usize> = (0..self.members.len()).filter(|&to| self.is_subscribed(to)).collect();
            let up = self.delay();
            for &to in &reached {
                if self.dice.percent(self.plan.loss) {
                    continue;
                }
                let channel = Main(transmit.channel == Channel::Main);
                let down = self.delay();
                self.at(self.now + up + down, Happening::Arrival { to, channel, message: transmit.message.clone() });
            }
            if transmit.channel == Channel::Main {
                let (back, receivers) = (self.delay(), reached.len() as u64);
                self.at(self.now + up + back, Happening::Reply { to: who, receivers });
            }
        }
    }

    fn is_subscribed(&self, who: usize) -> bool {
        self.members.get(who).is_some_and(|member| !member.gone && !member.cut)
    }

    fn running(&mut self, who: usize) -> Option<&mut Member> {
        self.members.get_mut(who).filter(|member| member.runs())
    }

    fn delay(&mut self) -> u64 {
        self.dice.within(100, self.plan.longest_delay)
    }

    fn at(&mut self, at: u64, happening: Happening) {
        self.number += 1;
        self.queue.push(Reverse((at, self.number, happening)));
    }
}
