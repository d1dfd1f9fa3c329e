//! What people change about themselves.

use serde_json::json;

use super::{PASSWORD, Person, Town, body, pointers, tag};
use crate::support::problem;

const ME: &str = "/api/v1/me";

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_changed_by_whoever_has_read_it() {
    let town = Town::start().await;
    let ana = town.somebody("ana@example.com").await;
    let first = tag(&town.get(ME, &ana).await);
    let phone = json!({ "phone": "+1 303 555 0100" });

    let blind = town.ask(reqwest::Method::PATCH, ME, &ana).json(&phone).send().await.unwrap();
    problem(blind, 428, "precondition_required").await;
    let changed = town.patch(ME, &ana, &first, &phone).await;
    let second = tag(&changed);
    assert_ne!(first, second);
    let changed = body(changed, 200).await;
    assert_eq!(
        (&changed["user"]["phone"], &changed["user"]["display_name"]),
        (&json!("+1 303 555 0100"), &json!("Ana"))
    );
    problem(town.patch(ME, &ana, &first, &phone).await, 412, "precondition_failed").await;

    let refused = town.patch(ME, &ana, &second, &json!({ "display_name": "", "phone": "x" })).await;
    assert_eq!(pointers(&problem(refused, 422, "invalid_input").await), ["/display_name", "/phone"]);
    let cleared = town.patch(ME, &ana, &second, &json!({ "display_name": "Ana López", "phone": null })).await;
    let cleared = body(cleared, 200).await;
    assert_eq!((cleared["user"].get("phone"), &cleared["user"]["display_name"]), (None, &json!("Ana López")));
    problem(town.server.get(ME).send().await.unwrap(), 401, "unauthenticated").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_has_is_current_until_anything_of_it_changes() {
    let town = Town::start().await;
    let ana = town.somebody("ana@example.com").await;
    let first = tag(&town.get(ME, &ana).await);
    let again =
        town.ask(reqwest::Method::GET, ME, &ana).header("if-none-match", &first).send().await.unwrap();
    assert_eq!(again.status(), 304);

    let home = json!({ "line1": "1 Main St", "city": "Denver", "state": "CO", "postal_code": "80202" });
    body(town.post("/api/v1/me/addresses", &ana, &home).await, 201).await;
    let after =
        town.ask(reqwest::Method::GET, ME, &ana).header("if-none-match", &first).send().await.unwrap();
    assert_eq!(body(after, 200).await["primary_address"]["line1"], "1 Main St");
    let renamed = town.patch(ME, &ana, &first, &json!({ "display_name": "Bea" })).await;
    assert_eq!(renamed.status(), 200, "an address is no change of the name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_needs_the_old_one_and_ends_other_sessions() {
    let town = Town::start().await;
    let phone = town.somebody("ana@example.com").await;
    let laptop = Person::of(town.log_in("ana@example.com", PASSWORD).await).await;
    let change = async |current: &str, new: &str| {
        let body = json!({ "current_password": current, "new_password": new });
        town.post("/api/v1/me/password", &laptop, &body).await
    };
    let refused = problem(change("not the password", "a better password").await, 422, "invalid_input").await;
    assert_eq!(pointers(&refused), ["/current_password"]);
    let refused = problem(change(PASSWORD, "ana@example.com").await, 422, "invalid_input").await;
    assert_eq!(pointers(&refused), ["/new_password"]);
    assert_eq!(change(PASSWORD, "a better password").await.status(), 204);

    problem(town.refresh(&phone).await, 401, "refresh_token_invalid").await;
    assert_eq!(town.refresh(&laptop).await.status(), 200);
    problem(town.log_in("ana@example.com", PASSWORD).await, 401, "wrong_credentials").await;
    assert_eq!(town.log_in("ana@example.com", "a better password").await.status(), 200);
}
