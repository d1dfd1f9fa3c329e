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
#[derive(Clone)]
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

/// Who makes tokens, from one that is good, and knows the server's own key too.
struct Forger {
    good: String,
    parts: Parts,
    said: Value,
    kid: String,
    /// The public key, as it is published.
    x: String,
    /// The server's own signing key, which no attacker has: what it signs is refused for what it says.
    own: EncodingKey,
    theirs: EncodingKey,
    forged: Vec<(String, String)>,
}

impl Forger {
    fn of(server: &Server, good: String) -> Self {
        let signer = &server.running.state.signer;
        let pem = server.running.state.settings.secrets.jwt_private_key.as_ref().unwrap();
        let theirs = ::accounts::generate_key_pem().unwrap();
        let parts = Parts::of(&good);
        Self {
            said: parts.claims(),
            parts,
            good,
            kid: signer.key_id().to_owned(),
            x: signer.jwks()["keys"][0]["x"].as_str().unwrap().to_owned(),
            own: EncodingKey::from_ed_pem(pem.expose().as_bytes()).unwrap(),
            theirs: EncodingKey::from_ed_pem(theirs.as_bytes()).unwrap(),
            forged: Vec::new(),
        }
    }

    fn add(&mut self, what: &str, token: String) {
        self.forged.push((what.to_owned(), token));
    }

    /// Without a signature that counts.
    fn unsigned(&mut self) {
        let Parts { claims, signature, .. } = self.parts.clone();
        let kid = self.kid.clone();
        for none in ["none", "None", "NONE", "nOnE", ""] {
            let unsigned = part(&json!({ "alg": none, "typ": "JWT", "kid": kid }));
            self.add("unsigned", format!("{unsigned}.{claims}."));
            self.add("unsigned, with a signature", format!("{unsigned}.{claims}.{signature}"));
            self.add("unsigned, in two parts", format!("{unsigned}.{claims}"));
        }
    }

    /// The public key, in every form it is published in, as the secret of an HMAC.
    fn confused(&mut self) {
        let (kid, x) = (self.kid.clone(), self.x.clone());
        let public = URL_SAFE_NO_PAD.decode(&x).unwrap();
        let spki = [hex("302a300506032b6570032100"), public.clone()].concat();
        let body = STANDARD.encode(&spki);
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
        for secret in
            [public, spki, pem.clone().into_bytes(), pem.trim().into(), x.clone().into_bytes(), Vec::new()]
        {
            for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let confused = Header { kid: Some(kid.clone()), ..Header::new(algorithm) };
                self.add(
                    "confused",
                    encode(&confused, &self.said, &EncodingKey::from_secret(&secret)).unwrap(),
                );
            }
        }
    }

    /// Keys of the attacker's own, under our key's name.
    fn foreign(&mut self) {
        let rsa = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let rsa = EncodingKey::from_rsa_der(rsa_pkcs1(&rsa).as_slice());
        let ec = EcdsaKeyPair::generate_pkcs8(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &aws_lc_rs::rand::SystemRandom::new(),
        );
        let ec = EncodingKey::from_ec_der(ec.unwrap().as_ref());
        for (algorithm, key) in [
            (Algorithm::RS256, &rsa),
            (Algorithm::RS512, &rsa),
            (Algorithm::PS256, &rsa),
            (Algorithm::ES256, &ec),
            (Algorithm::EdDSA, &self.theirs.clone()),
        ] {
            let foreign = Header { kid: Some(self.kid.clone()), ..Header::new(algorithm) };
            self.add(
                &format!("signed by another with {algorithm:?}"),
                encode(&foreign, &self.said, key).unwrap(),
            );
        }
    }

    /// Names of keys that would lead elsewhere, signed by the attacker and, worse, by us.
    fn misnamed(&mut self) {
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
            self.add(
                &format!("kid {name:?} of another"),
                encode(&elsewhere, &self.said, &self.theirs).unwrap(),
            );
            self.add(&format!("kid {name:?}"), encode(&elsewhere, &self.said, &self.own).unwrap());
        }
        self.add("no kid", encode(&Header::new(Algorithm::EdDSA), &self.said, &self.own).unwrap());
    }

    /// A key, or where to find one, brought along.
    fn laden(&mut self) {
        let ours = json!({ "typ": "JWT", "alg": "EdDSA", "kid": self.kid });
        for (member, value) in [
            ("jku", json!("https://evil.example/jwks.json")),
            ("x5u", json!("https://evil.example/cert.pem")),
            ("jwk", json!({ "kty": "OKP", "crv": "Ed25519", "x": self.x })),
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
            for key in [self.theirs.clone(), self.own.clone()] {
                self.add(&format!("with {member}"), sign(&part(&header), &self.parts.claims, &key));
            }
        }
    }

    /// Signed by us, but not for now, for here or by this server.
    fn misplaced(&mut self, now: i64) {
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
            let mut other = self.said.clone();
            match value {
                Value::Null => drop(other.as_object_mut().unwrap().remove(member)),
                value => other[member] = value,
            }
            self.add(&format!("claims {other}"), sign(&self.parts.header, &part(&other), &self.own));
        }
    }

    /// Taken apart, put together wrongly, cut or blown up.
    fn damaged(&mut self, other: &Parts) {
        let Parts { header, claims, signature } = self.parts.clone();
        let good = self.good.clone();
        let flipped = if signature.starts_with('A') { "B" } else { "A" };
        self.add("another's signature", format!("{header}.{claims}.{}", other.signature));
        self.add("another's claims", format!("{header}.{}.{signature}", other.claims));
        self.add("parts swapped", format!("{claims}.{header}.{signature}"));
        self.add("parts reversed", format!("{signature}.{claims}.{header}"));
        self.add("truncated", good[..good.len() - 1].to_owned());
        self.add("without its signature", format!("{header}.{claims}."));
        self.add("two parts", format!("{header}.{claims}"));
        self.add("four parts", format!("{good}.{signature}"));
        self.add("a bit turned", format!("{header}.{claims}.{flipped}{}", &signature[1..]));
        self.add("padded", format!("{header}.{claims}.{signature}=="));
        let bytes = URL_SAFE_NO_PAD.decode(&signature).unwrap();
        self.add("padded by the book", format!("{header}.{claims}.{}", URL_SAFE.encode(bytes)));
        self.add("with something behind", format!("{good}A"));
        self.add("dots", "...".to_owned());
        self.add("enormous", format!("{header}.{}.{signature}", "A".repeat(60_000)));
        self.add("many parts", ".".repeat(60_000));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_forged_token_is_taken_for_one_of_ours() {
    let market = Market::open().await;
    let good = market.customer("Vic", HOME).await.token();
    let other = Parts::of(&market.customer("Ona", HOME).await.token());
    let mut forger = Forger::of(&market.server, good.clone());
    forger.unsigned();
    forger.confused();
    forger.foreign();
    forger.misnamed();
    forger.laden();
    forger.misplaced(market.clock.now().timestamp());
    forger.damaged(&other);
    let session = market.server.post("/api/v1/auth/register");
    let body = json!({ "email": EMAIL, "password": "kale and figs and more", "display_name": "M" });
    let registered = Answer::to(session.json(&body)).await.done();
    forger.add("a refresh token", registered["refresh_token"].as_str().unwrap().to_owned());

    Answer::to(market.server.get("/api/v1/me").bearer_auth(&good)).await.done();
    let plain = Answer::to(market.server.get("/api/v1/me").bearer_auth("nonsense")).await;
    let expected = told(&plain.body);
    for (what, token) in &forger.forged {
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
    assert!(forger.forged.len() > 90, "{}", forger.forged.len());
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
    let der = key.as_der().unwrap();
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
