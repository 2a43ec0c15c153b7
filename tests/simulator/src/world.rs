//! True time, the bus, and everything that happens in order.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use tollgate_core::share::{Channel, PeerRules, Peers, PeersConfig, Quota as WholeQuota, Split};
use tollgate_core::{Span, TicketId};

use crate::auditor::Auditor;
use crate::clocks::OwnClocks;
use crate::dice::Dice;
use crate::fault::Fault;
use crate::member::{Member, Quota, Start};
use crate::plan::{HEARTBEAT, Plan};

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
        ticket: TicketId,
    },
}

/// [`Channel`], in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Main(bool);

/// A run.
pub struct World {
    plan: Plan,
    dice: Dice,
    now: u64,
    queue: BinaryHeap<Reverse<(u64, u64, Happening)>>,
    number: u64,
    members: Vec<Member>,
    wakes: Vec<u64>,
    /// Jobs that run, by member.
    in_flight: Vec<HashSet<TicketId>>,
    /// Until when the bus is down.
    bus_down_until: u64,
    /// When nothing more goes wrong.
    calm_from: u64,
    converged_at: Option<u64>,
    /// Messages that were published.
    published: u64,
    /// Who sees the quota's use.
    pub auditor: Auditor,
}

/// How long members whose jobs are to end are waited for.
const PATIENCE: u64 = 1_800_000_000;

impl World {
    /// Everything that a plan says, before it begins.
    #[must_use]
    pub fn new(plan: Plan, seed: u64) -> Self {
        let auditor = Auditor::new(plan.rate, plan.interval, plan.concurrency);
        let calm_from = plan.last_fault();
        let mut world = Self {
            plan,
            dice: Dice::new(seed ^ 0x5eed),
            now: 0,
            queue: BinaryHeap::new(),
            number: 0,
            members: Vec::new(),
            wakes: Vec::new(),
            in_flight: Vec::new(),
            bus_down_until: 0,
            calm_from,
            converged_at: None,
            published: 0,
            auditor,
        };
        for (at, fault) in std::mem::take(&mut world.plan.faults) {
            world.at(at, Happening::Fault(fault));
        }
        world
    }

    /// Runs until no job is left, or for long after the last has come.
    pub fn run(&mut self) {
        while let Some(Reverse((at, _, happening))) = self.queue.pop() {
            let is_over = at > self.plan.length && self.waiting() == 0;
            if is_over || at > self.plan.length + PATIENCE {
                break;
            }
            self.now = at;
            self.happen(happening);
            self.look_for_convergence();
        }
    }

    /// Jobs of members that run, which still wait.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.members.iter().filter(|member| member.runs()).map(Member::waiting).sum()
    }

    /// How long it took until all of the quota was shared out again, after the last thing that went wrong.
    #[must_use]
    pub fn converged_after(&self) -> Option<u64> {
        self.converged_at.map(|at| at - self.calm_from)
    }

    /// Messages that were published so far.
    #[must_use]
    pub fn published(&self) -> u64 {
        self.published
    }

    fn look_for_convergence(&mut self) {
        if self.converged_at.is_some() || self.now < self.calm_from {
            return;
        }
        let running = self.members.iter().filter(|member| member.runs());
        let shares = running.map(|member| member.machine.share(member.clocks.at(self.now)));
        let (rate, concurrency) = shares.fold((0, 0), |sum, share| (sum.0 + share.rate, sum.1 + share.concurrency));
        if rate == self.plan.rate && concurrency == self.plan.concurrency {
            self.converged_at = Some(self.now);
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Fault(fault) => self.fault(fault),
            Happening::Arrival { to, channel, message } => self.arrive(to, channel, message),
            Happening::Reply { to, receivers } => {
                let now = self.now;
                if let Some(member) = self.running(to) {
                    let clocks = member.clocks.at(now);
                    member.machine.published(receivers, clocks);
                    self.act(to);
                }
            }
            Happening::Wake { member, number } => {
                if self.wakes.get(member) == Some(&number) {
                    let now = self.now;
                    if let Some(member) = self.running(member) {
                        let clocks = member.clocks.at(now);
                        member.machine.handle_timeout(clocks);
                    }
                    self.act(member);
                }
            }
            Happening::End { member, ticket } => {
                // The jobs of a process that crashed have ended with it.
                if self.in_flight[member].remove(&ticket) {
                    self.auditor.end();
                    self.members[member].finish(ticket);
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
                    member.machine.leave();
                    self.publish(who);
                    self.members[who].gone = true;
                }
            }
            Fault::Crash(who) => {
                let Some(member) = self.members.get_mut(who) else { return };
                member.gone = true;
                for _ in std::mem::take(&mut self.in_flight[who]) {
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
            Fault::Resubscribe(who) => self.resubscribe(who),
            Fault::RestartBus { down } => {
                self.bus_down_until = self.now + down;
                for who in 0..self.members.len() {
                    self.members[who].deaf = true;
                    self.subscribe_later(who);
                }
            }
            Fault::SetWall { who, jump } => {
                if let Some(member) = self.members.get_mut(who) {
                    member.clocks.set_wall(jump);
                }
            }
        }
    }

    fn join(&mut self) {
        let who = self.members.len();
        let drift = self.plan.drift;
        let drift = i64::try_from(self.dice.within(0, 2 * drift)).unwrap_or(0) - i64::try_from(drift).unwrap_or(0);
        let plain = self.plan.mixed_fleet && who % 2 == 1;
        let rules = if plain { PeerRules::PLAIN } else { self.plan.rules };
        // Behind those of members that have taken a turn.
        let unique = format!("x{:016x}-{who}", self.dice.any());
        let id = if rules == PeerRules::PLAIN { unique } else { Peers::id_of(&unique) };
        #[expect(clippy::expect_used, reason = "plans have valid quotas")]
        let machine = Peers::new(self.config(rules), id).expect("a valid configuration");
        let quota = self.quota(rules);
        self.members.push(Member::new(Box::new(machine), &quota, OwnClocks::new(drift, self.now)));
        self.wakes.push(0);
        self.in_flight.push(HashSet::new());
        if self.now < self.bus_down_until {
            self.subscribe_later(who);
        } else {
            self.resubscribe(who);
        }
    }

    fn config(&self, rules: PeerRules) -> PeersConfig {
        let Plan { rate, interval, concurrency, split, fast_start, strict_start, longest_job, .. } = self.plan;
        PeersConfig {
            quota: WholeQuota { rate: Some((rate, Span::from_micros(interval))), concurrency: Some(concurrency) },
            split: if rules == PeerRules::PLAIN { Split::Floor } else { split },
            fast_start,
            strict_start,
            heartbeat: Span::from_micros(HEARTBEAT),
            longest_job: Some(Span::from_micros(longest_job)),
            rules,
        }
    }

    /// p-ratelimit counts in the interval itself, as if its clock were right.
    fn quota(&self, rules: PeerRules) -> Quota {
        let Plan { rate, interval, concurrency, .. } = self.plan;
        let guarded = PeersConfig::guarded_interval(Span::from_micros(interval)).as_micros();
        let window = if rules == PeerRules::PLAIN { interval } else { guarded };
        Quota { rate, window, concurrency, weights: self.plan.weights.clone() }
    }

    /// Once the bus is back, connections are as well, each in its time.
    fn subscribe_later(&mut self, who: usize) {
        let late = self.dice.within(0, 2_000_000);
        self.at(self.now.max(self.bus_down_until) + late, Happening::Fault(Fault::Resubscribe(who)));
    }

    fn resubscribe(&mut self, who: usize) {
        let now = self.now;
        // Where the bus is gone again, or the member cut off or stopped, it tries once that is over.
        let is_up = now >= self.bus_down_until;
        if let Some(member) = self.running(who).filter(|member| is_up && !member.cut) {
            member.deaf = false;
            let clocks = member.clocks.at(now);
            member.machine.connected(clocks);
            self.act(who);
        }
    }

    fn resume(&mut self, who: usize, clocks_stopped: bool) {
        let now = self.now;
        let Some(member) = self.members.get_mut(who) else { return };
        let Some(since) = member.stopped_since else { return };
        member.stopped_since = None;
        member.clocks.miss(if clocks_stopped { now - since } else { 0 });
        // Whichever of its timers and its sockets comes first: its caller may start something before both.
        self.act(who);
        for (channel, message) in std::mem::take(&mut self.members[who].inbox) {
            self.arrive(who, Main(channel == Channel::Main), message);
        }
        if self.members[who].deaf {
            self.subscribe_later(who);
        }
    }

    fn arrive(&mut self, to: usize, channel: Main, message: String) {
        let now = self.now;
        let Some(member) = self.members.get_mut(to) else { return };
        let channel = if channel.0 { Channel::Main } else { Channel::Extension };
        if member.gone || member.cut || member.deaf {
            return;
        }
        if member.stopped_since.is_some() {
            member.inbox.push((channel, message));
            return;
        }
        let clocks = member.clocks.at(now);
        member.machine.hear(channel, &message, clocks);
        self.act(to);
    }

    /// Lets a member start what it may, publish what it has, and wait for what comes next.
    fn act(&mut self, who: usize) {
        let now = self.now;
        if self.running(who).is_none() {
            return;
        }
        for Start { ticket, weight, waited } in self.members[who].start(now, now < self.plan.length) {
            self.auditor.start(now, weight, waited);
            self.in_flight[who].insert(ticket);
            let takes = self.dice.within(1_000, self.plan.longest_job);
            self.at(now + takes, Happening::End { member: who, ticket });
        }
        self.take_turn(who);
        self.publish(who);
        if let Some(at) = self.members[who].next_wake(now) {
            self.number += 1;
            self.wakes[who] = self.number;
            let number = self.number;
            self.at(at, Happening::Wake { member: who, number });
        }
    }

    fn take_turn(&mut self, who: usize) {
        let (now, thousandths) = (self.now, self.dice.within(0, 1_000));
        let member = &mut self.members[who];
        if member.minds_turn(now, thousandths) {
            // The later, the earlier in the order.
            let unique = format!("{:020}-{who}", u64::MAX - now);
            let clocks = member.clocks.at(now);
            member.machine.take_turn(&unique, clocks);
        }
    }

    fn publish(&mut self, who: usize) {
        let transmits = self.members[who].transmits();
        if self.members[who].cut || self.now < self.bus_down_until {
            return;
        }
        for transmit in transmits {
            self.published += 1;
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
        self.members.get(who).is_some_and(|member| !member.gone && !member.cut && !member.deaf)
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
