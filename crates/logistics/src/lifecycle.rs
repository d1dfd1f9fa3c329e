//! What may become of a center: PROPOSED -> APPROVED or REJECTED; APPROVED <-> INACTIVE. Pure.

use kernel::{FieldError, TextRule};

use crate::CenterStatus::{self, Approved, Inactive, Proposed, Rejected};

const REASON: TextRule = TextRule::line(3, 500);

/// What an admin decides about a center.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Action {
    Approve,
    Reject { reason: String },
    Deactivate { reason: String },
    Reactivate,
}

/// What an action comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// The center goes on to another status.
    To(CenterStatus),
    /// It has been decided so before; saying it again changes nothing.
    Already,
}

/// An action that the center's status does not allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a center that is {from} cannot be {action}")]
pub struct NotPossible {
    /// Where it stands.
    pub from: CenterStatus,
    /// What was to be done, as a participle.
    pub action: &'static str,
}

impl Action {
    pub(crate) fn reject(reason: &str) -> Result<Self, FieldError> {
        Ok(Self::Reject { reason: REASON.read(reason)? })
    }

    pub(crate) fn deactivate(reason: &str) -> Result<Self, FieldError> {
        Ok(Self::Deactivate { reason: REASON.read(reason)? })
    }

    /// The action as a participle; `center.` and it make the event's kind.
    pub(crate) fn done(&self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Reject { .. } => "rejected",
            Self::Deactivate { .. } => "deactivated",
            Self::Reactivate => "reactivated",
        }
    }

    pub(crate) fn event(&self) -> &'static str {
        match self {
            Self::Approve => "center.approved",
            Self::Reject { .. } => "center.rejected",
            Self::Deactivate { .. } => "center.deactivated",
            Self::Reactivate => "center.reactivated",
        }
    }

    /// Why, where the action needs one.
    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Self::Reject { reason } | Self::Deactivate { reason } => Some(reason),
            Self::Approve | Self::Reactivate => None,
        }
    }
}

/// Where the action takes a center, or why it cannot be done.
pub(crate) fn step(from: CenterStatus, action: &Action) -> Result<Step, NotPossible> {
    match (from, action) {
        (Proposed, Action::Approve) | (Inactive, Action::Reactivate) => Ok(Step::To(Approved)),
        (Proposed, Action::Reject { .. }) => Ok(Step::To(Rejected)),
        (Approved, Action::Deactivate { .. }) => Ok(Step::To(Inactive)),
        (Approved, Action::Approve | Action::Reactivate)
        | (Rejected, Action::Reject { .. })
        | (Inactive, Action::Deactivate { .. }) => Ok(Step::Already),
        (Proposed, Action::Deactivate { .. } | Action::Reactivate)
        | (Approved, Action::Reject { .. })
        | (Rejected, Action::Approve | Action::Deactivate { .. } | Action::Reactivate)
        | (Inactive, Action::Approve | Action::Reject { .. }) => {
            Err(NotPossible { from, action: action.done() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions() -> [Action; 4] {
        let reason = "closed for winter";
        [
            Action::Approve,
            Action::reject(reason).unwrap(),
            Action::deactivate(reason).unwrap(),
            Action::Reactivate,
        ]
    }

    #[test]
    fn the_whole_table() {
        let to = |status| Some(Step::To(status));
        let already = Some(Step::Already);
        // In the order of `actions`.
        let table = [
            (Proposed, [to(Approved), to(Rejected), None, None]),
            (Approved, [already, None, to(Inactive), already]),
            (Rejected, [None, already, None, None]),
            (Inactive, [None, None, already, to(Approved)]),
        ];
        for (from, expected) in table {
            let actual = actions().map(|action| step(from, &action).ok());
            assert_eq!(actual, expected, "{from}");
        }
    }

    #[test]
    fn saying_it_twice_is_saying_it_once() {
        for from in [Proposed, Approved, Rejected, Inactive] {
            for action in actions() {
                if let Ok(Step::To(status)) = step(from, &action) {
                    assert_eq!(step(status, &action), Ok(Step::Already), "{from} {action:?}");
                }
            }
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let refused = step(Rejected, &Action::Approve).unwrap_err();
        assert_eq!(refused.to_string(), "a center that is REJECTED cannot be approved");
        assert!(Action::reject("  ").is_err());
    }
}
