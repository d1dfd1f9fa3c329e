//! The tokens of mailed links: what `accounts` makes and reads, for `notifications` to put into mails.

use accounts::{ProofKey, ProofKind};
use kernel::ProofId;
use notifications::{Kind, Tokens};
use uuid::Uuid;

/// Makes the tokens of links to a new password and to a verified address.
#[derive(Clone, Debug)]
pub struct ProofTokens(pub ProofKey);

impl Tokens for ProofTokens {
    fn token(&self, kind: Kind, proof: Uuid) -> Option<String> {
        let kind = match kind {
            Kind::PasswordReset => ProofKind::PasswordReset,
            Kind::VerifyEmail => ProofKind::EmailVerification,
            _ => return None,
        };
        Some(self.0.token(kind, ProofId(proof)))
    }
}
