//! Argon2id in memory that is kept from one hash to the next.
//!
//! A hash fills 19 MiB. Asking the system for them anew each time, page by page, takes a tenth of the time of a hash.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::hasher::HasherError;

/// Parameters: OWASP Password Storage Cheat Sheet (19 MiB of memory, 2 passes, 1 lane).
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// What hashes, one password at a time.
#[derive(Default)]
pub(crate) struct Argon {
    memory: Vec<Block>,
}

impl Argon {
    /// The hash of a password, with a salt of its own.
    pub(crate) fn hash(&mut self, password: &[u8]) -> Result<PasswordHash, HasherError> {
        let params =
            Params::new(MEMORY_KIB, PASSES, LANES, Some(Params::DEFAULT_OUTPUT_LEN)).map_err(failed)?;
        let salt = Salt::generate();
        let hash = self.compute(Algorithm::Argon2id, Version::V0x13, params.clone(), &salt, password)?;
        Ok(PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(failed)?,
            salt: Some(salt),
            hash: Some(hash),
        })
    }

    /// Whether it is the password that was hashed, with the parameters that it was hashed with.
    pub(crate) fn is_of(&mut self, password: &[u8], stored: &PasswordHash) -> Result<bool, HasherError> {
        let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
            return Err(HasherError::Failed("a stored hash lacks its salt or itself".to_owned()));
        };
        let algorithm = Algorithm::try_from(stored.algorithm.as_str()).map_err(failed)?;
        let version = stored.version.map_or(Ok(Version::default()), Version::try_from).map_err(failed)?;
        let params = Params::try_from(stored).map_err(failed)?;
        // Outputs are compared in constant time.
        Ok(self.compute(algorithm, version, params, salt, password)? == *expected)
    }

    /// Gives the memory back until it is needed again.
    pub(crate) fn rest(&mut self) {
        self.memory = Vec::new();
    }

    fn compute(
        &mut self,
        algorithm: Algorithm,
        version: Version,
        params: Params,
        salt: &Salt,
        password: &[u8],
    ) -> Result<Output, HasherError> {
        let blocks = params.block_count();
        if self.memory.len() < blocks {
            self.memory.resize(blocks, Block::default());
        }
        let mut buffer = [0; Output::MAX_LENGTH];
        let out = buffer.get_mut(..params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN));
        let out = out.ok_or_else(|| HasherError::Failed("a stored hash is too long".to_owned()))?;
        let argon2 = Argon2::new(algorithm, version, params);
        argon2.hash_password_into_with_memory(password, salt, out, &mut self.memory).map_err(failed)?;
        Output::new(out).map_err(failed)
    }
}

fn failed(error: impl std::fmt::Display) -> HasherError {
    HasherError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::{PasswordHasher, PasswordVerifier};

    use super::*;

    #[test]
    fn it_agrees_with_the_library_that_it_stands_on() {
        let mut argon = Argon::default();
        let hash = argon.hash(b"kale and figs").unwrap();
        assert!(hash.to_string().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        Argon2::default().verify_password(b"kale and figs", &hash).unwrap();
        Argon2::default().verify_password(b"kale and fig", &hash).unwrap_err();
        // Of an earlier time, with less memory and more passes.
        let params = Params::new(8_192, 3, 1, None).unwrap();
        let theirs =
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password(b"turnips").unwrap();
        assert!(argon.is_of(b"turnips", &theirs).unwrap());
        assert!(!argon.is_of(b"turnip", &theirs).unwrap());
        assert!(
            argon.is_of(b"kale and figs", &hash).unwrap(),
            "what the memory held before makes no difference"
        );
        argon.rest();
        assert!(argon.is_of(b"kale and figs", &hash).unwrap());
    }
}
