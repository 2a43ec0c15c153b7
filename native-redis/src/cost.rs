//! What a call asks.

/// What a call costs each policy. A number is the cost for every policy; a list has one for each, in their order.
///
/// ```
/// use tollgate::{Policy, RateLimiter};
/// let limiter = RateLimiter::new([Policy::per_minute(500).named("requests"), Policy::per_minute(30_000).named("tokens")])?;
/// assert!(limiter.check_n("ann", [1, 1_200]).allowed);
/// # Ok::<(), tollgate::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost(Amounts);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Amounts {
    All(u64),
    Each(Vec<u64>),
}

impl Cost {
    /// One for every policy, as [`RateLimiter::check`](crate::RateLimiter::check) asks.
    pub const ONE: Self = Self(Amounts::All(1));

    /// Adds limits of the caller's own: see [`Request::limits`].
    #[must_use]
    pub fn limits(self, limits: impl Into<Vec<u64>>) -> Request {
        Request { cost: self, limits: limits.into() }
    }

    pub(crate) fn to_core(&self) -> tollgate_core::Cost<'_> {
        match &self.0 {
            Amounts::All(cost) => tollgate_core::Cost::All(*cost),
            Amounts::Each(costs) => tollgate_core::Cost::Each(costs),
        }
    }
}

impl From<u64> for Cost {
    fn from(cost: u64) -> Self {
        Self(Amounts::All(cost))
    }
}

impl<const N: usize> From<[u64; N]> for Cost {
    fn from(costs: [u64; N]) -> Self {
        Self(Amounts::Each(costs.into()))
    }
}

impl From<&[u64]> for Cost {
    fn from(costs: &[u64]) -> Self {
        Self(Amounts::Each(costs.into()))
    }
}

impl From<Vec<u64>> for Cost {
    fn from(costs: Vec<u64>) -> Self {
        Self(Amounts::Each(costs))
    }
}

/// What a call asks: a cost, and where the caller has limits of its own (a plan), those.
///
/// ```
/// use tollgate::{Cost, Policy, RateLimiter};
/// let limiter = RateLimiter::new(Policy::per_hour(10))?;
/// let paid = Cost::ONE.limits([1_000]);
/// assert_eq!(limiter.check_n("ann", paid).limit, 1_000);
/// # Ok::<(), tollgate::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What the call costs. A cost of 0 asks for nothing, and only a block refuses it.
    pub cost: Cost,
    /// The caller's own limit for each policy, in their order; 0 or absent for the policy's own. A caller has a state
    /// under each limit, so a change of plan starts anew.
    pub limits: Vec<u64>,
}

impl Request {
    pub(crate) fn to_core(&self) -> tollgate_core::Request<'_> {
        tollgate_core::Request { cost: self.cost.to_core(), limits: &self.limits }
    }
}

impl From<Cost> for Request {
    fn from(cost: Cost) -> Self {
        Self { cost, limits: Vec::new() }
    }
}

impl From<u64> for Request {
    fn from(cost: u64) -> Self {
        Cost::from(cost).into()
    }
}

impl<const N: usize> From<[u64; N]> for Request {
    fn from(costs: [u64; N]) -> Self {
        Cost::from(costs).into()
    }
}

impl From<&[u64]> for Request {
    fn from(costs: &[u64]) -> Self {
        Cost::from(costs).into()
    }
}
