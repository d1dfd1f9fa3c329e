//! Requests are held to the document.

use crate::support::{Server, problem};

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_is_not_documented_is_refused() {
    let server = Server::start().await;
    let told =
        problem(server.get("/api/v1/notes?titel=Kale").send().await.unwrap(), 400, "unknown_parameter").await;
    assert_eq!(told["errors"][0]["pointer"], "query/titel");
    assert!(told["errors"][0]["message"].as_str().unwrap().contains("cursor, limit, title"), "{told}");
    problem(server.get("/health?x=1").send().await.unwrap(), 400, "unknown_parameter").await;
    problem(server.get("/api/v1/notes/?titel=Kale").send().await.unwrap(), 400, "unknown_parameter").await;
    assert_eq!(server.get("/api/v1/notes?title=Kale").send().await.unwrap().status(), 200);
    assert_eq!(server.get("/api/v1/notes?").send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_cannot_be_used_is_named() {
    let server = Server::start().await;
    for (query, pointer) in [
        ("limit=ten", "query/limit"),
        ("limit=", "query/limit"),
        ("limit=1&limit=2", "query/limit"),
        ("title=%FF", "query/title"),
        ("title=a%00", "query/title"),
    ] {
        let refused = server.get(&format!("/api/v1/notes?{query}")).send().await.unwrap();
        let told = problem(refused, 400, "invalid_parameter").await;
        assert_eq!(told["errors"][0]["pointer"], pointer, "{query}");
    }
    problem(server.get("/api/v1/notes?cursor=forged").send().await.unwrap(), 400, "invalid_cursor").await;
}
