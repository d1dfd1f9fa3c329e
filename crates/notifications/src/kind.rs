//! What people can be told, by which channel each of it may go, and what of it may be switched off.
//!
//! Pure. The names are stable: they stand in the database, in preferences and in links that were sent.

/// A way to reach somebody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Channel {
    /// The notification center of the product itself.
    InApp,
    /// A mail.
    Email,
    /// A text message to a telephone.
    Sms,
}

impl Channel {
    /// Every channel, in the order in which a page of settings shows them.
    pub const ALL: [Self; 3] = [Self::InApp, Self::Email, Self::Sms];

    /// The stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InApp => "in_app",
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }

    /// The channel of a name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == word)
    }
}

/// What a kind of message is about: how a page of settings groups them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Category {
    /// The account itself.
    Account,
    /// What somebody has bought.
    Orders,
    /// What somebody sells.
    Selling,
    /// The distribution centers somebody has proposed.
    Centers,
}

impl Category {
    /// The stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Orders => "orders",
            Self::Selling => "selling",
            Self::Centers => "centers",
        }
    }
}

/// How a channel stands to a kind of message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Standing {
    /// It is not used for it.
    Never,
    /// It is used, and cannot be switched off.
    Always,
    /// It is used unless somebody switches it off.
    On,
    /// It is used only once somebody switches it on.
    Off,
}

impl Standing {
    /// Whether it is used where nobody has chosen otherwise.
    #[must_use]
    pub fn is_default(self) -> bool {
        matches!(self, Self::Always | Self::On)
    }

    /// Whether it is a person's to choose.
    #[must_use]
    pub fn is_changeable(self) -> bool {
        matches!(self, Self::On | Self::Off)
    }
}

/// A kind of message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A new account.
    Welcome,
    /// A link that shows that an address is somebody's.
    VerifyEmail,
    /// A link to a new password.
    PasswordReset,
    /// The password is another one.
    PasswordChanged,
    /// An order was placed; to the buyer.
    OrderPlaced,
    /// An order was paid.
    OrderPaid,
    /// A pickup was arranged.
    OrderScheduled,
    /// An order is on its way.
    OrderShipped,
    /// An order has arrived.
    OrderDelivered,
    /// An order was handed over.
    OrderCompleted,
    /// An order will not come.
    OrderCancelled,
    /// Somebody bought something; to the vendor.
    OrderReceived,
    /// What somebody bought is paid; to the vendor.
    SalePaid,
    /// When and where the buyer fetches it; to the vendor.
    SaleScheduled,
    /// A pickup is near.
    PickupReminder,
    /// A proposed center was approved.
    CenterApproved,
    /// A proposed center was rejected.
    CenterRejected,
    /// A vendor's stock is running out.
    LowStock,
}

impl Kind {
    /// Every kind, in the order in which a page of settings shows them.
    pub const ALL: [Self; 18] = [
        Self::Welcome,
        Self::VerifyEmail,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::OrderPlaced,
        Self::OrderPaid,
        Self::OrderScheduled,
        Self::OrderShipped,
        Self::OrderDelivered,
        Self::OrderCompleted,
        Self::OrderCancelled,
        Self::PickupReminder,
        Self::OrderReceived,
        Self::SalePaid,
        Self::SaleScheduled,
        Self::LowStock,
        Self::CenterApproved,
        Self::CenterRejected,
    ];

    /// The stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Welcome => "account.welcome",
            Self::VerifyEmail => "account.verify_email",
            Self::PasswordReset => "account.password_reset",
            Self::PasswordChanged => "account.password_changed",
            Self::OrderPlaced => "order.placed",
            Self::OrderPaid => "order.paid",
            Self::OrderScheduled => "order.scheduled",
            Self::OrderShipped => "order.shipped",
            Self::OrderDelivered => "order.delivered",
            Self::OrderCompleted => "order.completed",
            Self::OrderCancelled => "order.cancelled",
            Self::OrderReceived => "order.received",
            Self::SalePaid => "sale.paid",
            Self::SaleScheduled => "sale.scheduled",
            Self::PickupReminder => "pickup.reminder",
            Self::CenterApproved => "center.approved",
            Self::CenterRejected => "center.rejected",
            Self::LowStock => "stock.low",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What it is about.
    #[must_use]
    pub fn category(self) -> Category {
        match self {
            Self::Welcome | Self::VerifyEmail | Self::PasswordReset | Self::PasswordChanged => {
                Category::Account
            }
            Self::OrderPlaced
            | Self::OrderPaid
            | Self::OrderScheduled
            | Self::OrderShipped
            | Self::OrderDelivered
            | Self::OrderCompleted
            | Self::OrderCancelled
            | Self::PickupReminder => Category::Orders,
            Self::OrderReceived | Self::SalePaid | Self::SaleScheduled | Self::LowStock => Category::Selling,
            Self::CenterApproved | Self::CenterRejected => Category::Centers,
        }
    }

    /// When one is told, for a page of settings: it goes on after "We tell you when".
    #[must_use]
    pub fn occasion(self) -> &'static str {
        match self {
            Self::Welcome => "your account is new",
            Self::VerifyEmail => "an email address has to be confirmed",
            Self::PasswordReset => "you ask for a new password",
            Self::PasswordChanged => "your password changes",
            Self::OrderPlaced => "you place an order",
            Self::OrderPaid => "an order of yours is paid",
            Self::OrderScheduled => "a pickup of yours is arranged",
            Self::OrderShipped => "an order of yours is on its way",
            Self::OrderDelivered => "an order of yours has arrived",
            Self::OrderCompleted => "an order of yours was handed over",
            Self::OrderCancelled => "an order is cancelled",
            Self::OrderReceived => "somebody buys from you",
            Self::SalePaid => "what somebody bought from you is paid",
            Self::SaleScheduled => "a buyer chooses when to pick up what you sold",
            Self::PickupReminder => "a pickup of yours is near",
            Self::CenterApproved => "a center that you proposed is approved",
            Self::CenterRejected => "a center that you proposed is rejected",
            Self::LowStock => "your stock is running low",
        }
    }

    /// How a channel stands to this kind.
    ///
    /// Mail about security, and mail that says whether goods will come, cannot be switched off. Text messages are for
    /// what is short of time, and for those who ask for them: a sender needs the recipient's consent
    /// (47 U.S.C. 227, the TCPA).
    #[must_use]
    pub fn standing(self, channel: Channel) -> Standing {
        match channel {
            Channel::InApp => match self {
                // Their links open an account: they go to the address alone.
                Self::VerifyEmail | Self::PasswordReset => Standing::Never,
                Self::PasswordChanged => Standing::Always,
                _ => Standing::On,
            },
            Channel::Email => match self {
                Self::VerifyEmail
                | Self::PasswordReset
                | Self::PasswordChanged
                | Self::OrderPlaced
                | Self::OrderCancelled => Standing::Always,
                _ => Standing::On,
            },
            Channel::Sms => match self {
                Self::OrderScheduled
                | Self::OrderShipped
                | Self::OrderDelivered
                | Self::OrderCancelled
                | Self::OrderReceived
                | Self::SalePaid
                | Self::SaleScheduled
                | Self::PickupReminder => Standing::Off,
                _ => Standing::Never,
            },
        }
    }

    /// Whether its content opens something, so that it is kept no longer than it is needed.
    #[must_use]
    pub fn is_secret(self) -> bool {
        matches!(self, Self::VerifyEmail | Self::PasswordReset)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_lead_back() {
        let names: BTreeSet<&str> = Kind::ALL.into_iter().map(Kind::as_str).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert_eq!(Kind::from_word(kind.as_str()), Some(kind));
        }
        for channel in Channel::ALL {
            assert_eq!(Channel::from_word(channel.as_str()), Some(channel));
        }
        assert_eq!(Kind::from_word("order.eaten"), None);
    }

    #[test]
    fn a_secret_goes_by_mail_alone_and_always() {
        for kind in Kind::ALL.into_iter().filter(|kind| kind.is_secret()) {
            let standings = Channel::ALL.map(|channel| kind.standing(channel));
            assert_eq!(standings, [Standing::Never, Standing::Always, Standing::Never], "{kind:?}");
        }
    }

    #[test]
    fn everything_goes_by_mail_and_nothing_by_telephone_unasked() {
        for kind in Kind::ALL {
            assert!(kind.standing(Channel::Email).is_default(), "{kind:?}");
            assert!(!kind.standing(Channel::Sms).is_default(), "{kind:?}");
        }
    }
}
