//! Access tokens that somebody made, took apart or found: refused with 401, always in the same words.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use kernel::Clock;
use serde_json::{Value, json};

use crate::actors::{Answer, BOULDER, Market, Spot};
use crate::support::Server;

const EMAIL: &str = "mallory@example.com";
const HOME: Spot = BOULDER;

/// A token in its three parts.
struct Parts {
    header: String,
    claims: String,
    signature: String,
}

impl Parts {
    fn of(token: &str) -> Self {
        let parts: Vec<_> = token.split('.').map(ToOwned::to_owned).collect();
        let [header, claims, signature] = parts.try_into().unwrap();
        Self { header, claims, signature }
    }

    fn claims(&self) -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&self.claims).unwrap()).unwrap()
    }
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The server's own signing key, which no attacker has: what it signs is refused for what it says.
fn own_key(server: &Server) -> EncodingKey {
    let pem = server.running.state.settings.secrets.jwt_private_key.as_ref().unwrap();
    EncodingKey::from_ed_pem(pem.expose().as_bytes()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_forged_token_is_taken_for_one_of_ours() {
    let market = Market::open().await;
    let victim = market.customer("Vic", HOME).await;
    let good = victim.token();
    let Parts { header, claims, signature } = Parts::of(&good);
    let said = Parts::of(&good).claims();
    let signer = &market.server.running.state.signer;
    let kid = signer.key_id().to_owned();
    let x = signer.jwks()["keys"][0]["x"].as_str().unwrap().to_owned();
    let public = URL_SAFE_NO_PAD.decode(&x).unwrap();
    let mut forged: Vec<(String, String)> = Vec::new();
    let mut add = |what: &str, token: String| forged.push((what.to_owned(), token));

    for none in ["none", "None", "NONE", "nOnE", ""] {
        let unsigned = part(&json!({ "alg": none, "typ": "JWT", "kid": kid }));
        add("unsigned", format!("{unsigned}.{claims}."));
        add("unsigned, with a signature", format!("{unsigned}.{claims}.{signature}"));
        add("unsigned, in two parts", format!("{unsigned}.{claims}"));
    }

    // The public key, in every form it is published in, as the secret of an HMAC.
    let spki = [hex("302a300506032b6570032100"), public.clone()].concat();
    let body = STANDARD.encode(&spki);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
    for secret in
        [public, spki, pem.clone().into_bytes(), pem.trim().into(), x.clone().into_bytes(), Vec::new()]
    {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let confused = Header { kid: Some(kid.clone()), ..Header::new(algorithm) };
            add("confused", encode(&confused, &said, &EncodingKey::from_secret(&secret)).unwrap());
        }
    }

    // Keys of the attacker's own, under our key's name.
    let rsa = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let rsa = EncodingKey::from_rsa_der(rsa_pkcs1(&rsa).as_slice());
    let ec =
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &aws_lc_rs::rand::SystemRandom::new());
    let ec = EncodingKey::from_ec_der(ec.unwrap().as_ref());
    let theirs = ::accounts::generate_key_pem().unwrap();
    let theirs = EncodingKey::from_ed_pem(theirs.as_bytes()).unwrap();
    for (algorithm, key) in [
        (Algorithm::RS256, &rsa),
        (Algorithm::RS512, &rsa),
        (Algorithm::PS256, &rsa),
        (Algorithm::ES256, &ec),
        (Algorithm::EdDSA, &theirs),
    ] {
        let foreign = Header { kid: Some(kid.clone()), ..Header::new(algorithm) };
        add(&format!("signed by another with {algorithm:?}"), encode(&foreign, &said, key).unwrap());
    }

    // Names of keys that would lead elsewhere, signed by the attacker and, worse, by us.
    let own = own_key(&market.server);
    for name in [
        "../../../../dev/null",
        "/etc/passwd",
        "x' UNION SELECT 'secret' -- ",
        "http://evil.example/key",
        "",
        "another",
        "\u{0}",
    ] {
        let elsewhere = Header { kid: Some(name.to_owned()), ..Header::new(Algorithm::EdDSA) };
        add(&format!("kid {name:?} of another"), encode(&elsewhere, &said, &theirs).unwrap());
        add(&format!("kid {name:?}"), encode(&elsewhere, &said, &own).unwrap());
    }
    add("no kid", encode(&Header::new(Algorithm::EdDSA), &said, &own).unwrap());

    // A key, or where to find one, brought along.
    let ours = json!({ "typ": "JWT", "alg": "EdDSA", "kid": kid });
    for (member, value) in [
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("jwk", json!({ "kty": "OKP", "crv": "Ed25519", "x": x })),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", json!(["b64"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
        ("typ", json!("at+jwt")),
    ] {
        let mut header = ours.clone();
        header[member] = value;
        for key in [&theirs, &own] {
            add(&format!("with {member}"), sign(&part(&header), &claims, key));
        }
    }

    // Signed by us, but not for now, for here or by this server.
    let now = market.clock.now().timestamp();
    for (member, value) in [
        ("exp", json!(now - 10)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!("never")),
        ("exp", Value::Null),
        ("exp", json!(1e300)),
        ("exp", json!(i64::MAX)),
        ("nbf", json!(now + 60)),
        ("iat", json!(now + 60)),
        ("aud", json!("another")),
        ("aud", json!(["silkcart", "another"])),
        ("aud", Value::Null),
        ("iss", json!("https://evil.example")),
        ("iss", Value::Null),
        ("sub", json!("somebody")),
        ("sub", Value::Null),
        ("sid", Value::Null),
    ] {
        let mut other = said.clone();
        match value {
            Value::Null => drop(other.as_object_mut().unwrap().remove(member)),
            value => other[member] = value,
        }
        add(&format!("claims {other}"), sign(&header, &part(&other), &own));
    }

    // Damaged.
    let other = Parts::of(&market.customer("Ona", HOME).await.token());
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    add("another's signature", format!("{header}.{claims}.{}", other.signature));
    add("another's claims", format!("{header}.{}.{signature}", other.claims));
    add("parts swapped", format!("{claims}.{header}.{signature}"));
    add("parts reversed", format!("{signature}.{claims}.{header}"));
    add("truncated", good[..good.len() - 1].to_owned());
    add("without its signature", format!("{header}.{claims}."));
    add("two parts", format!("{header}.{claims}"));
    add("four parts", format!("{good}.{signature}"));
    add("a bit turned", format!("{header}.{claims}.{flipped}{}", &signature[1..]));
    add("padded", format!("{header}.{claims}.{signature}=="));
    let bytes = URL_SAFE_NO_PAD.decode(&signature).unwrap();
    add("padded by the book", format!("{header}.{claims}.{}", URL_SAFE.encode(bytes)));
    add("with something behind", format!("{good}A"));
    add("dots", "...".to_owned());
    add("enormous", format!("{header}.{}.{signature}", "A".repeat(60_000)));
    add("many parts", ".".repeat(60_000));
    let session = market.server.post("/api/v1/auth/register");
    let body = json!({ "email": EMAIL, "password": "kale and figs and more", "display_name": "M" });
    let registered = Answer::to(session.json(&body)).await.done();
    add("a refresh token", registered["refresh_token"].as_str().unwrap().to_owned());

    Answer::to(market.server.get("/api/v1/me").bearer_auth(&good)).await.done();
    let plain = Answer::to(market.server.get("/api/v1/me").bearer_auth("nonsense")).await;
    let expected = told(&plain.body);
    for (what, token) in &forged {
        let answer = Answer::to(market.server.get("/api/v1/me").bearer_auth(token)).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.body);
        assert_eq!(answer.headers["www-authenticate"], "Bearer error=\"invalid_token\"", "{what}");
        // Only of a token of ours, whose time is over, more is told.
        let expired = answer.body["detail"] == "the access token has expired";
        assert!(
            told(&answer.body) == expected || (expired && what.contains("\"exp\"")),
            "{what}: {}",
            answer.body
        );
        answer.refused(401, "unauthenticated");
    }
    assert!(forged.len() > 90, "{}", forged.len());
}

/// What all refusals have in common.
fn told(problem: &Value) -> Value {
    let mut problem = problem.clone();
    problem.as_object_mut().unwrap().remove("request_id");
    problem
}

fn sign(header: &str, claims: &str, key: &EncodingKey) -> String {
    let message = format!("{header}.{claims}");
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, Algorithm::EdDSA).unwrap();
    format!("{message}.{signature}")
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The key as PKCS #1 has it, which is the end of its PKCS #8.
fn rsa_pkcs1(key: &KeyPair) -> Vec<u8> {
    let der = aws_lc_rs::encoding::Pkcs8V1Der::from(key.as_der().unwrap());
    // SEQUENCE, version, algorithm, OCTET STRING: 26 bytes for a key of 2048 bits.
    der.as_ref()[26..].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_shut_out_stays_no_admin_and_gets_no_new_token() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    let second = market.admin("second@example.com").await;
    let body = json!({ "email": "second@example.com", "password": "a turnip for your thoughts" });
    let login = market.server.post("/api/v1/auth/login").json(&body);
    let signed_in = Answer::to(login).await.done();
    let token = signed_in["access_token"].as_str().unwrap();
    let look = async || Answer::to(market.server.get("/api/v1/admin/users").bearer_auth(token)).await;
    look().await.done();
    admin
        .post(&format!("/api/v1/admin/users/{}/disable", second.id), &json!({ "reason": "spam" }))
        .await
        .done();
    look().await.refused(403, "forbidden");
    let refresh = json!({ "refresh_token": signed_in["refresh_token"] });
    let refused = Answer::to(market.server.post("/api/v1/auth/refresh").json(&refresh)).await;
    assert_eq!(refused.status, 401, "{}", refused.body);
    // Until it expires, the token proves who its bearer is, and no longer.
    market.clock.advance(TimeDelta::minutes(16));
    look().await.refused(401, "unauthenticated");
}
