//! What happens to an account.

use db::Conn;
use kernel::{ProofId, UserId};
use notifications::{Content, Notice};

use crate::CorrespondenceError;
use crate::fact::{Fact, recipient, usual_time};

pub(crate) async fn notices(tx: &mut Conn, fact: Fact<'_>) -> Result<Vec<Notice>, CorrespondenceError> {
    let Some(content) = content(tx, fact).await? else { return Ok(Vec::new()) };
    let user = UserId(fact.event.subject_id);
    let contacts = accounts::contacts(tx, &[user]).await?;
    Ok(contacts
        .get(&user)
        .map(|contact| fact.notice(recipient(user, contact), content))
        .into_iter()
        .collect())
}

async fn content(tx: &mut Conn, fact: Fact<'_>) -> Result<Option<Content>, CorrespondenceError> {
    Ok(match fact.event.kind.as_str() {
        "user.registered" => Some(Content::Welcome { link: fact.pages.home() }),
        "user.verification_requested" | "user.password_reset_requested" => link(tx, fact).await?,
        "user.password_changed" | "user.password_reset" => Some(Content::PasswordChanged {
            at: usual_time(fact.event.occurred_at),
            link: fact.pages.forgot_password(),
        }),
        _ => None,
    })
}

/// A link whose token is made when the mail is written; none where it counts no longer.
async fn link(tx: &mut Conn, fact: Fact<'_>) -> Result<Option<Content>, CorrespondenceError> {
    let id = fact.event.data["proof_id"].as_str().and_then(|id| id.parse::<ProofId>().ok());
    let Some(id) = id else { return Ok(None) };
    let Some(open) = accounts::find_open_proof(tx, fact.now, id).await? else { return Ok(None) };
    let (proof, expires) = (Some(id.0), usual_time(open.expires_at));
    Ok(Some(match open.kind {
        accounts::ProofKind::PasswordReset => {
            Content::PasswordReset { link: fact.pages.reset_password(), proof, expires }
        }
        accounts::ProofKind::EmailVerification => {
            Content::VerifyEmail { link: fact.pages.verify_email(), proof, expires }
        }
    }))
}
