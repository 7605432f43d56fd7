//! Addresses that mPanel speaks to: those of the tailnet and no others.

use std::net::IpAddr;

/// An address of the tailnet: inside 100.64.0.0/10 or fd7a:115c:a1e0::/48. No other address can be made into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TailnetAddr(IpAddr);

/// The address is not one of the tailnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Enter the server's Tailscale address: it starts with 100.64 to 100.127, or with fd7a:115c:a1e0:.")]
pub struct NotTailnet;

impl TailnetAddr {
    /// The address as the system knows it.
    pub const fn ip(self) -> IpAddr {
        self.0
    }
}

impl std::str::FromStr for TailnetAddr {
    type Err = NotTailnet;

    fn from_str(text: &str) -> Result<Self, NotTailnet> {
        let ip: IpAddr = text.trim().parse().map_err(|_| NotTailnet)?;
        let inside = match ip {
            IpAddr::V4(v4) => matches!(v4.octets(), [100, 64..=127, ..]),
            IpAddr::V6(v6) => matches!(v6.segments(), [0xfd7a, 0x115c, 0xa1e0, ..]),
        };
        if inside { Ok(Self(ip)) } else { Err(NotTailnet) }
    }
}

impl std::fmt::Display for TailnetAddr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
