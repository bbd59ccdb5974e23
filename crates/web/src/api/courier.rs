//! Carries what happened to the webhooks' addresses, signed as Standard Webhooks say (<https://www.standardwebhooks.com>): the secret
//! signs the message's name, the moment of sending and the body. Redirects are not followed, and addresses inside private networks are
//! refused when they are looked up, unless the operator allows them.

use muster_domain::{message, message::Message};

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::future::join_all;
use hmac::{Hmac, KeyInit, Mac};
use muster_app::{App, Error, storage::webhook::Due, webhook::Reply};
use sha2::Sha256;
use ureq::{
    Agent,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};
use url::{Host, Url};

use crate::text;

/// Longest wait for an address.
const PATIENCE: Duration = Duration::from_secs(15);

/// Deliveries that are under way at once.
const AT_ONCE: i64 = 8;

/// That an address is inside a private network.
const PRIVATE: &str = "private";

/// What came of a delivery, in words: what is kept is the status that the address answered, or the name of what went wrong. What was
/// kept in words before is shown as it is.
pub(crate) fn told(answer: &str) -> &str {
    text::said(&format!("delivery-{answer}")).unwrap_or(answer)
}

/// Before a secret that is shown.
const PREFIX: &str = "whsec_";

/// An address that may be told: https, or http on this machine.
///
/// # Errors
/// What it must be.
pub(crate) fn address(text: &str) -> Result<Url, Message> {
    let right = || message!("address-wrong");
    let url = Url::parse(text).map_err(|_| right())?;
    let own = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err(right()),
    };
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && own);
    let plain = url.username().is_empty() && url.password().is_none();
    if scheme && plain { Ok(url) } else { Err(right()) }
}

/// A secret as its owner gets it.
pub(crate) fn shown(secret: &str) -> String {
    format!("{PREFIX}{}", STANDARD.encode(secret))
}

fn signature(secret: &str, id: &str, timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Whether only machines of one's own network are found there.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => is_private_v6(ip),
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || a == 0
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (18..20).contains(&b))
        || (a == 192 && b == 0 && c == 0)
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_private_v4(Ipv4Addr::new(a, b, c, d))
    };
    match ip.segments() {
        // Addresses of the older kind inside newer ones: mapped, compatible, translated, 6to4.
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            ip.is_loopback() || ip.is_unspecified() || embedded(high, low)
        }
        [0x64, 0xff9b, 1, ..] | [0x2001, 0xdb8, ..] | [0x2001, 0, ..] => true,
        [first, ..] => first & 0xe000 != 0x2000,
    }
}

/// Looks names up and refuses what is private, at the moment in which it connects.
#[derive(Debug)]
struct Outside {
    private: bool,
}

impl Resolver for Outside {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        if !self.private && found.iter().any(|address| is_private(address.ip())) {
            return Err(ureq::Error::BadUri(PRIVATE.into()));
        }
        Ok(found)
    }
}

fn agent(private: bool) -> Agent {
    let config = Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .max_redirects(0)
        .http_status_as_error(false)
        .proxy(None)
        .user_agent(concat!("muster/", env!("CARGO_PKG_VERSION")))
        .build();
    Agent::with_parts(config, DefaultConnector::default(), Outside { private })
}

/// Finds what happened and sends all that is due; gives how many deliveries were tried.
///
/// # Errors
/// If the database fails.
pub(crate) async fn round(app: &App, private: bool) -> Result<usize, Error> {
    while app.webhooks_look().await? {}
    let now = app.now();
    while app.epcis_look(now).await? {}
    let (agent, mut tried) = (agent(private), 0);
    loop {
        let due = app.webhooks_due(AT_ONCE).await?;
        if due.is_empty() {
            app.webhooks_forget().await?;
            return Ok(tried);
        }
        tried += due.len();
        let timestamp = app.now().as_second();
        let replies = join_all(due.iter().map(|one| {
            let (agent, one) = (agent.clone(), one.clone());
            tokio::task::spawn_blocking(move || send(&agent, &one, timestamp))
        }));
        for (one, reply) in due.iter().zip(replies.await) {
            let failed = |_| Reply { taken: false, gone: false, said: "broken-off".into() };
            app.webhook_answered(one, &reply.unwrap_or_else(failed)).await?;
        }
    }
}

/// Sends one delivery. What the address answers is noted by its status alone, so that nobody reads through us what they cannot reach.
fn send(agent: &Agent, due: &Due, timestamp: i64) -> Reply {
    let signed = signature(&due.secret, &due.id, timestamp, &due.body);
    let sent = agent
        .post(&due.url)
        .header("content-type", "application/json")
        .header("webhook-id", &due.id)
        .header("webhook-timestamp", timestamp.to_string())
        .header("webhook-signature", signed.as_str())
        // By this name events of EPCIS are to be signed; how is left to whoever signs.
        .header("gs1-signature", signed.as_str())
        .send(&due.body);
    match sent {
        Ok(response) => {
            let status = response.status();
            Reply { taken: status.is_success(), gone: status.as_u16() == 410, said: status.as_u16().to_string() }
        }
        Err(error) => {
            let said = match error {
                ureq::Error::BadUri(why) if why == PRIVATE => PRIVATE,
                ureq::Error::Timeout(_) => "no-answer",
                ureq::Error::HostNotFound => "no-host",
                _ => "no-connection",
            };
            Reply { taken: false, gone: false, said: said.to_owned() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_standard() {
        // The example of the standard's own libraries.
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
        mac.update(br#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#);
        assert_eq!(STANDARD.encode(mac.finalize().into_bytes()), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(signature("secret", "msg_1", 1, "{}").starts_with("v1,"));
    }

    #[test]
    fn what_came_of_a_delivery_is_told_in_words() {
        for (kept, words) in [
            ("204", "204"),
            ("no-answer", "no answer in time"),
            (PRIVATE, "the address is inside a private network"),
            ("no answer in time", "no answer in time"),
        ] {
            assert_eq!(told(kept), words);
        }
    }

    #[test]
    fn only_https_and_this_machine_are_told() {
        for right in ["https://example.org/hook", "http://127.0.0.1:9/", "http://localhost/x", "http://[::1]/"] {
            assert!(address(right).is_ok(), "{right}");
        }
        for wrong in
            ["", "example.org", "http://example.org/", "ftp://example.org", "https://a:b@example.org", "file:///x"]
        {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn private_networks_are_known() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
        ] {
            assert!(is_private(ip.parse().unwrap()), "{ip}");
        }
        for ip in ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"] {
            assert!(!is_private(ip.parse().unwrap()), "{ip}");
        }
    }
}
