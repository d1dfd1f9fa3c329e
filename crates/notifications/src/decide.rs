//! Which channels a notice goes by, and what somebody's preferences come to. Pure.

use std::collections::HashMap;

use crate::{Channel, Kind, Preference, Recipient, Standing};

/// Where somebody wants something else than by default.
pub(crate) type Choices = HashMap<(Kind, Channel), bool>;

/// The channels by which somebody is told of a kind.
pub(crate) fn channels(kind: Kind, recipient: &Recipient, choices: &Choices) -> Vec<Channel> {
    let wanted = |channel: &Channel| is_reachable(recipient, *channel) && is_enabled(kind, *channel, choices);
    Channel::ALL.into_iter().filter(wanted).collect()
}

/// Every choice there is, with what holds for somebody.
pub(crate) fn grid(choices: &Choices) -> Vec<Preference> {
    let pairs = Kind::ALL.into_iter().flat_map(|kind| Channel::ALL.map(|channel| (kind, channel)));
    pairs
        .filter(|(kind, channel)| kind.standing(*channel) != Standing::Never)
        .map(|(kind, channel)| Preference {
            kind,
            channel,
            enabled: is_enabled(kind, channel, choices),
            changeable: kind.standing(channel).is_changeable(),
        })
        .collect()
}

/// A choice counts only where there is one: what may not be switched off stays on, whatever the database says.
fn is_enabled(kind: Kind, channel: Channel, choices: &Choices) -> bool {
    let standing = kind.standing(channel);
    let chosen = choices.get(&(kind, channel)).copied().filter(|_chosen| standing.is_changeable());
    chosen.unwrap_or(standing.is_default())
}

/// A guest has an address and nothing else, and has agreed to nothing else.
fn is_reachable(recipient: &Recipient, channel: Channel) -> bool {
    match channel {
        Channel::InApp => recipient.user_id.is_some(),
        Channel::Email => true,
        Channel::Sms => recipient.user_id.is_some() && recipient.phone.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use kernel::UserId;
    use uuid::Uuid;

    use super::*;

    fn ana() -> Recipient {
        Recipient {
            user_id: Some(UserId(Uuid::from_u128(1))),
            email: "ana@example.com".to_owned(),
            display_name: "Ana".to_owned(),
            phone: Some("+1 303 555 0100".to_owned()),
        }
    }

    #[test]
    fn by_default_people_are_told_in_the_product_and_by_mail() {
        let told = |kind| channels(kind, &ana(), &Choices::new());
        assert_eq!(told(Kind::OrderShipped), [Channel::InApp, Channel::Email]);
        assert_eq!(told(Kind::PasswordReset), [Channel::Email]);
    }

    #[test]
    fn choices_count_where_there_are_any() {
        let mut choices = Choices::new();
        for channel in Channel::ALL {
            choices.insert((Kind::OrderShipped, channel), channel == Channel::Sms);
            choices.insert((Kind::PasswordReset, channel), channel != Channel::Email);
        }
        assert_eq!(channels(Kind::OrderShipped, &ana(), &choices), [Channel::Sms]);
        assert_eq!(channels(Kind::PasswordReset, &ana(), &choices), [Channel::Email]);
        let silent = Recipient { phone: None, ..ana() };
        assert!(channels(Kind::OrderShipped, &silent, &choices).is_empty());
    }

    #[test]
    fn a_guest_gets_mail_alone() {
        let guest = Recipient { user_id: None, ..ana() };
        let choices = Choices::from([((Kind::OrderShipped, Channel::Sms), true)]);
        for kind in Kind::ALL {
            assert_eq!(channels(kind, &guest, &choices), [Channel::Email], "{kind:?}");
        }
    }

    #[test]
    fn the_grid_has_what_there_is_and_says_what_can_be_changed() {
        let grid = grid(&Choices::new());
        let find = |kind, channel| grid.iter().find(|p| p.kind == kind && p.channel == channel).copied();
        assert_eq!(find(Kind::PasswordReset, Channel::InApp), None);
        let mail = find(Kind::PasswordReset, Channel::Email).unwrap();
        assert!(mail.enabled && !mail.changeable);
        let texts = find(Kind::PickupReminder, Channel::Sms).unwrap();
        assert!(!texts.enabled && texts.changeable);
    }
}
