//! Where the links in messages lead: pages of the frontend. `docs/frontend.md` lists them for whoever makes the pages.

use kernel::{CenterId, OrderId};
use url::Url;

/// The frontend's pages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pages {
    home: Url,
}

impl Pages {
    /// The pages below an address, `https://` or `http://`.
    #[must_use]
    pub fn at(home: Url) -> Self {
        Self { home }
    }

    /// The front page.
    #[must_use]
    pub fn home(&self) -> Url {
        self.home.clone()
    }

    /// Where somebody chooses what they are told.
    #[must_use]
    pub fn notification_settings(&self) -> Url {
        self.page(&["settings", "notifications"])
    }

    /// Where a new password is set: with `?token=`.
    pub(crate) fn reset_password(&self) -> Url {
        self.page(&["reset-password"])
    }

    /// Where an address is confirmed: with `?token=`.
    pub(crate) fn verify_email(&self) -> Url {
        self.page(&["verify-email"])
    }

    /// Where somebody asks for a new password.
    pub(crate) fn forgot_password(&self) -> Url {
        self.page(&["forgot-password"])
    }

    /// An order, for whoever bought it.
    pub(crate) fn order(&self, id: OrderId) -> Url {
        self.page(&["orders", &id.to_string()])
    }

    /// An order, for whoever sells in it.
    pub(crate) fn sale(&self, id: OrderId) -> Url {
        self.page(&["vendor", "orders", &id.to_string()])
    }

    /// A vendor's stock.
    pub(crate) fn stock(&self) -> Url {
        self.page(&["vendor", "stock"])
    }

    /// A center.
    pub(crate) fn center(&self, id: CenterId) -> Url {
        self.page(&["centers", &id.to_string()])
    }

    /// Where a center is proposed.
    pub(crate) fn propose_center(&self) -> Url {
        self.page(&["centers", "propose"])
    }

    fn page(&self, path: &[&str]) -> Url {
        let mut page = self.home.clone();
        // An address of the web has a path.
        if let Ok(mut segments) = page.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_below_the_address_wherever_that_is() {
        for (home, page) in [
            ("https://silkcart.example", "https://silkcart.example/vendor/stock"),
            ("https://example.org/shop", "https://example.org/shop/vendor/stock"),
            ("https://example.org/shop/", "https://example.org/shop/vendor/stock"),
        ] {
            assert_eq!(Pages::at(home.parse().unwrap()).stock().as_str(), page);
        }
    }
}
