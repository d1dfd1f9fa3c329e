//! What the signer writes and what it refuses to read.

use super::*;

/// RFC 8037, appendix A.1: the private key of RFC 8032's first test, as PKCS #8.
const RFC_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_900_000_000, 0).unwrap()
}

fn signer() -> TokenSigner {
    TokenSigner::from_pem(&generate_key_pem().unwrap(), "https://silkcart.test", "silkcart").unwrap()
}

#[test]
fn the_key_id_is_the_thumbprint_of_the_rfcs_example() {
    let signer = TokenSigner::from_pem(RFC_KEY, "i", "a").unwrap();
    // RFC 8037, appendices A.2 and A.3.
    assert_eq!(signer.key_id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(signer.jwks()["keys"][0]["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    assert_eq!(signer.jwks()["keys"].as_array().unwrap().len(), 1);
    assert!(!signer.jwks().to_string().contains("\"d\""), "no private member");
}

#[test]
fn what_was_issued_is_verified() {
    let (signer, user, session) = (signer(), UserId::new(), SessionId::new());
    let issued = signer.issue(now(), user, session).unwrap();
    let claims = signer.verify(now(), &issued.token).unwrap();
    assert_eq!((claims.user_id, claims.session_id), (user, session));
    assert_eq!((claims.issued_at, claims.expires_at), (now(), now() + ACCESS_LIFETIME));
    assert_eq!(issued.expires_in.num_seconds(), 900);
}

#[test]
fn time_is_the_callers() {
    let signer = signer();
    let token = signer.issue(now(), UserId::new(), SessionId::new()).unwrap().token;
    assert!(signer.verify(now() + ACCESS_LIFETIME, &token).is_ok());
    assert_eq!(signer.verify(now() + ACCESS_LIFETIME + LEEWAY, &token), Err(TokenError::Expired));
    assert_eq!(signer.verify(now() - TimeDelta::minutes(1), &token), Err(TokenError::Invalid));
}

#[test]
fn a_token_of_another_key_issuer_or_audience_is_refused() {
    let pem = generate_key_pem().unwrap();
    let signer = TokenSigner::from_pem(&pem, "us", "them").unwrap();
    let foreign = [
        TokenSigner::from_pem(&generate_key_pem().unwrap(), "us", "them").unwrap(),
        TokenSigner::from_pem(&pem, "others", "them").unwrap(),
        TokenSigner::from_pem(&pem, "us", "others").unwrap(),
    ];
    for other in foreign {
        let token = other.issue(now(), UserId::new(), SessionId::new()).unwrap().token;
        assert_eq!(signer.verify(now(), &token), Err(TokenError::Invalid), "{other:?}");
    }
}

#[test]
fn a_replaced_key_is_accepted_for_as_long_as_it_is_named() {
    let (old_pem, new_pem) = (generate_key_pem().unwrap(), generate_key_pem().unwrap());
    let token = TokenSigner::from_pem(&old_pem, "us", "them")
        .unwrap()
        .issue(now(), UserId::new(), SessionId::new())
        .unwrap()
        .token;
    let new = TokenSigner::from_pem(&new_pem, "us", "them").unwrap();
    assert_eq!(new.verify(now(), &token), Err(TokenError::Invalid));
    let both = new.also_accepting(&old_pem).unwrap().also_accepting(&new_pem).unwrap();
    assert!(both.verify(now(), &token).is_ok());
    assert_eq!(both.jwks()["keys"].as_array().unwrap().len(), 2);
}

#[test]
fn only_our_algorithm_with_our_key_counts() {
    let signer = signer();
    let token = signer.issue(now(), UserId::new(), SessionId::new()).unwrap().token;
    let (_, rest) = token.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let header = |header: Value| URL_SAFE_NO_PAD.encode(header.to_string());
    let kid = signer.key_id();

    let unsigned = header(json!({ "alg": "none", "kid": kid }));
    let nameless = header(json!({ "alg": "EdDSA", "typ": "JWT" }));
    for forged in [
        format!("{unsigned}.{claims}."),
        format!("{unsigned}.{claims}.{signature}"),
        format!("{nameless}.{claims}.{signature}"),
        format!("{token}x"),
        claims.to_owned(),
        String::new(),
    ] {
        assert_eq!(signer.verify(now(), &forged), Err(TokenError::Invalid), "{forged}");
    }

    // The classic confusion: the public key as the secret of an HMAC.
    let public = URL_SAFE_NO_PAD.decode(signer.jwks()["keys"][0]["x"].as_str().unwrap()).unwrap();
    let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(&token).unwrap().claims;
    let confused = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) };
    let forged = jsonwebtoken::encode(&confused, &claims, &EncodingKey::from_secret(&public)).unwrap();
    assert_eq!(signer.verify(now(), &forged), Err(TokenError::Invalid));
}

#[test]
fn a_key_of_another_kind_is_refused() {
    assert!(TokenSigner::from_pem("not a key", "us", "them").is_err());
    assert!(TokenSigner::from_der(&[1, 2, 3], "us", "them").is_err());
}
