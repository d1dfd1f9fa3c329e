//! What admins do, and how the first one comes to be.

use std::process::Stdio;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use super::{PASSWORD, Person, Town, body, pointers};
use crate::support::problem;

const USERS: &str = "/api/v1/admin/users";

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_see_users() {
    let town = Town::start().await;
    let (root, ana) = (town.admin("root@example.com").await, town.somebody("ana@example.com").await);
    let user = format!("{USERS}/{}", ana.id);
    for path in [USERS, &user] {
        problem(town.server.get(path).send().await.unwrap(), 401, "unauthenticated").await;
        problem(town.get(path, &ana).await, 403, "forbidden").await;
        assert_eq!(town.get(path, &root).await.status(), 200);
    }
    for path in ["disable", "enable", "roles/admin"] {
        let path = format!("{user}/{path}");
        problem(town.post(&path, &ana, &json!({})).await, 403, "forbidden").await;
    }
    problem(town.delete(&format!("{user}/roles/customer"), &ana).await, 403, "forbidden").await;
    let nobody = format!("{USERS}/{}", uuid::Uuid::new_v4());
    problem(town.get(&nobody, &root).await, 404, "not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_paged_and_filtered() {
    let town = Town::start().await;
    let root = town.admin("root@example.com").await;
    for number in 0..5 {
        town.somebody(&format!("Ana{number}@example.com")).await;
    }
    let (mut emails, mut next) = (Vec::new(), format!("{USERS}?limit=2&role=CONSUMER"));
    loop {
        let page = body(town.get(&next, &root).await, 200).await;
        let items = page["items"].as_array().unwrap();
        emails.extend(items.iter().map(|user| user["email"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("{USERS}?limit=2&role=CONSUMER&cursor={cursor}");
    }
    assert_eq!(emails.len(), 6);
    let count = async |query: &str| {
        let page = body(town.get(&format!("{USERS}?{query}"), &root).await, 200).await;
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(count("email=ana").await, 5);
    assert_eq!(count("role=admin&status=active").await, 1);
    assert_eq!(count("status=disabled").await, 0);
    for (query, pointer) in
        [("role=wizard", "query/role"), ("status=gone", "query/status"), ("limit=0", "query/limit")]
    {
        let refused = town.get(&format!("{USERS}?{query}"), &root).await;
        assert_eq!(pointers(&problem(refused, 400, "invalid_parameter").await), [pointer]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_granted_and_taken_away() {
    let town = Town::start().await;
    let (root, ana) = (town.admin("root@example.com").await, town.somebody("ana@example.com").await);
    let role = |name: &str| format!("{USERS}/{}/roles/{name}", ana.id);
    for _ in 0..2 {
        let granted = body(town.post(&role("RIDER"), &root, &json!({})).await, 200).await;
        assert_eq!(granted["roles"], json!(["customer", "rider"]));
    }
    problem(town.post(&role("wizard"), &root, &json!({})).await, 404, "not_found").await;
    assert_eq!(town.delete(&role("rider"), &root).await.status(), 204);
    let own = format!("{USERS}/{}/roles/admin", root.id);
    problem(town.delete(&own, &root).await, 409, "last_admin").await;

    body(town.post(&role("admin"), &root, &json!({})).await, 200).await;
    assert_eq!(town.delete(&own, &ana).await.status(), 204, "the new admin has the say now");
    problem(town.get(USERS, &root).await, 403, "forbidden").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_cannot_be_used_until_it_is_opened() {
    let town = Town::start().await;
    let (root, ana) = (town.admin("root@example.com").await, town.somebody("ana@example.com").await);
    let user = format!("{USERS}/{}", ana.id);
    let closed = body(town.post(&format!("{user}/disable"), &root, &json!({})).await, 200).await;
    assert_eq!(closed["status"], "disabled");
    problem(town.log_in("ana@example.com", PASSWORD).await, 403, "account_disabled").await;
    problem(town.log_in("ana@example.com", "not the password").await, 401, "wrong_credentials").await;
    problem(town.refresh(&ana).await, 401, "refresh_token_invalid").await;
    let own = format!("{USERS}/{}/disable", root.id);
    problem(town.post(&own, &root, &json!({})).await, 409, "last_admin").await;

    body(town.post(&format!("{user}/enable"), &root, &json!({})).await, 200).await;
    assert_eq!(town.log_in("ana@example.com", PASSWORD).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_makes_the_first_admin() {
    let town = Town::start().await;
    let folder = tempfile::tempdir().unwrap();
    let command = async |email: &str, password: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
        command
            .args(["superuser", "--email", email])
            .env_clear()
            .env("DATABASE_URL", town.server.running.state.database.url())
            .env("SILKCART_DATA_DIR", folder.path())
            .env("RUST_LOG", "off")
            .stdin(Stdio::null());
        if let Some(password) = password {
            command.env("SILKCART_SUPERUSER_PASSWORD", password);
        }
        let output = command.output().await.unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let (done, told) = command("root@example.com", Some("a long enough secret")).await;
    assert!(done && !told.contains("a long enough secret"), "{told}");
    let root = Person::of(town.log_in("root@example.com", "a long enough secret").await).await;
    assert_eq!(town.get(USERS, &root).await.status(), 200);

    let (done, told) = command("second@example.com", None).await;
    let made_up = told.trim().rsplit(' ').next().unwrap().to_owned();
    assert!(done, "{told}");
    assert_eq!(town.log_in("second@example.com", &made_up).await.status(), 200);

    town.somebody("ana@example.com").await;
    let (done, told) = command("ANA@example.com", None).await;
    assert!(done && told.contains("the password stays"), "{told}");
    let ana: Value = body(town.log_in("ana@example.com", PASSWORD).await, 200).await;
    assert_eq!(ana["user"]["roles"], json!(["customer", "admin"]));
    assert!(!command("root@example.com", Some("short")).await.0);
    assert!(!command("nobody", None).await.0);
    let unused = town.server.ask(Method::GET, USERS).send().await.unwrap();
    problem(unused, 401, "unauthenticated").await;
}
