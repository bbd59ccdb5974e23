//! How often one account, or one address without an account, may ask.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

use super::answer::Failure;
use crate::{Site, auth::Asker, problem::Kind as Problem};

/// How many seconds' worth of requests may come at once.
const BURST: u32 = 5;

/// Who asks, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Source {
    User(String),
    Address(Option<IpAddr>),
}

/// Counts requests.
#[derive(Clone, Debug)]
pub(crate) struct Limit {
    limiter: Arc<DefaultKeyedRateLimiter<Source>>,
}

impl Limit {
    /// So many requests a second from each.
    pub(crate) fn new(per_second: NonZeroU32) -> Self {
        let quota = Quota::per_second(per_second)
            .allow_burst(per_second.saturating_mul(NonZeroU32::MIN.saturating_add(BURST - 1)));
        Self { limiter: Arc::new(RateLimiter::keyed(quota)) }
    }

    /// Forgets who has not asked for a while.
    pub(crate) fn upkeep(&self) {
        self.limiter.retain_recent();
    }
}

/// Where a request comes from. Behind a proxy the proxy says so, in the last place of its list; what stands before is the caller's word.
/// Of newer addresses everybody has many, so their network counts.
fn address(request: &Request, behind_proxy: bool) -> Option<IpAddr> {
    let told = |headers: &HeaderMap| {
        let all = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        all.rsplit(',').next()?.trim().parse().ok()
    };
    let socket = || Some(request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip());
    let ip = if behind_proxy { told(request.headers()).or_else(socket) } else { socket() };
    ip.map(|ip| match ip {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        ip => ip,
    })
}

pub(crate) async fn around(State(site): State<Site>, asker: Asker, request: Request, next: Next) -> Response {
    let source = match asker.viewer.is_known() {
        true => Source::User(asker.viewer.name.clone()),
        false => Source::Address(address(&request, site.secure)),
    };
    let Err(wait) = site.limit.limiter.check_key(&source) else { return next.run(request).await };
    let seconds = wait.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
    let mut response = Failure::new(Problem::TooMany).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}
