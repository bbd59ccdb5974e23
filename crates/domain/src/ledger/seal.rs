//! The seal: each batch of entries forms a block, whose Merkle root is signed together with the block before it. Who has the public
//! key can tell whether an entry was altered, removed, inserted or moved.
//!
//! The Merkle tree is that of RFC 6962, section 2.1, over SHA-256; the signature is Ed25519 (RFC 8032).

use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use sha2::{Digest, Sha256};

use super::entry::{EntryNumber, Hash};
use crate::{message, message::Message};

/// Number of a block: 1, 2, 3 … without a gap.
pub type BlockNumber = i64;

/// A sealed run of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its number.
    pub number: BlockNumber,
    /// Its first entry.
    pub first: EntryNumber,
    /// Its last entry.
    pub last: EntryNumber,
    /// Merkle root of its entries' digests.
    pub root: Hash,
    /// Hash of the block before; zeros for the first.
    pub previous: Hash,
    /// Signature of its hash.
    pub signature: [u8; 64],
}

impl Block {
    /// Seals the entries from `first` on whose digests are given; `before` is the block before, by number and hash.
    pub fn seal(before: Option<(BlockNumber, Hash)>, first: EntryNumber, digests: &[Hash], key: &SigningKey) -> Self {
        let (number, previous) = before.map_or((1, [0; 32]), |(number, hash)| (number + 1, hash));
        let last = first + digests.len() as i64 - 1;
        let mut block = Self { number, first, last, root: merkle_root(digests), previous, signature: [0; 64] };
        block.signature = key.sign(&block.hash()).to_bytes();
        block
    }

    /// The hash that is signed, and that the next block names.
    pub fn hash(&self) -> Hash {
        let mut hash = Sha256::new();
        hash.update(b"muster block 1");
        for n in [self.number, self.first, self.last] {
            hash.update(n.to_be_bytes());
        }
        hash.update(self.root);
        hash.update(self.previous);
        hash.finalize().into()
    }

    /// Whether `key` signed it.
    pub fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        key.verify(&self.hash(), &Signature::from_bytes(&self.signature)).is_ok()
    }
}

/// Merkle root of a list of leaves (RFC 6962, section 2.1).
pub fn merkle_root(leaves: &[Hash]) -> Hash {
    let tagged = |tag: u8, parts: &[&[u8]]| {
        let mut hash = Sha256::new();
        hash.update([tag]);
        parts.iter().for_each(|part| hash.update(part));
        hash.finalize().into()
    };
    match leaves {
        [] => Sha256::new().finalize().into(),
        [leaf] => tagged(0, &[leaf]),
        _ => {
            let half = leaves.len().next_power_of_two() / 2;
            tagged(1, &[&merkle_root(&leaves[..half]), &merkle_root(&leaves[half..])])
        }
    }
}

/// The first thing that does not fit when the chain is recomputed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The entry at fault, as near as it can be told.
    pub entry: EntryNumber,
    /// The block it stands in.
    pub block: Option<BlockNumber>,
    /// What does not fit.
    pub what: Message,
}

/// An entry as it is checked: its number, the digest kept with it, and the digest recomputed from its rows.
#[derive(Clone, Copy, Debug)]
pub struct Sealed {
    /// Its number.
    pub number: EntryNumber,
    /// The digest kept with it.
    pub kept: Hash,
    /// The digest recomputed.
    pub computed: Hash,
}

/// Recomputes the chain block by block.
#[derive(Debug)]
pub struct Chain {
    key: VerifyingKey,
    blocks: BlockNumber,
    entries: EntryNumber,
    hash: Hash,
}

impl Chain {
    /// A chain that begins before its first block, signed with `key`.
    pub fn new(key: VerifyingKey) -> Self {
        Self { key, blocks: 0, entries: 0, hash: [0; 32] }
    }

    /// How many blocks and entries fit so far.
    pub fn length(&self) -> (BlockNumber, EntryNumber) {
        (self.blocks, self.entries)
    }

    /// Hash of the last block that fits: whoever notes it can later tell whether the chain was cut short.
    pub fn head(&self) -> Hash {
        self.hash
    }

    /// Checks the next block and its entries, in the order in which they are kept.
    ///
    /// # Errors
    /// The first thing that does not fit.
    pub fn check(&mut self, block: &Block, entries: &[Sealed]) -> Result<(), Misfit> {
        let misfit = |entry, what| Err(Misfit { entry, block: Some(block.number), what });
        if block.number != self.blocks + 1 {
            return misfit(self.entries + 1, message!("misfit-block-missing", block = self.blocks + 1));
        }
        if block.first != self.entries + 1 || block.last < block.first {
            return misfit(self.entries + 1, message!("misfit-block-begin"));
        }
        for number in block.first..=block.last {
            let entry = entries.get((number - block.first) as usize);
            match entry {
                Some(entry) if entry.number != number => return misfit(number, message!("misfit-entry-order")),
                None => return misfit(number, message!("misfit-entry-missing")),
                Some(entry) if entry.kept != entry.computed => {
                    return misfit(number, message!("misfit-entry-altered"));
                }
                Some(_) => {}
            }
        }
        if let Some(extra) = entries.get((block.last - block.first + 1) as usize) {
            return misfit(extra.number, message!("misfit-entry-inserted"));
        }
        let digests: Vec<Hash> = entries.iter().map(|e| e.computed).collect();
        if merkle_root(&digests) != block.root {
            return misfit(block.first, message!("misfit-entries-altered", first = block.first, last = block.last));
        }
        if block.previous != self.hash {
            return misfit(block.first, message!("misfit-block-before"));
        }
        if !block.is_signed_by(&self.key) {
            return misfit(block.first, message!("misfit-signature"));
        }
        (self.blocks, self.entries, self.hash) = (block.number, block.last, block.hash());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(n: i64) -> Hash {
        Sha256::digest(n.to_be_bytes()).into()
    }

    fn hex(hash: Hash) -> String {
        hash.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn the_tree_is_that_of_rfc_6962() {
        let leaf = Sha256::digest([&[0_u8][..], &digest(1)].concat());
        assert_eq!(merkle_root(&[digest(1)])[..], leaf[..]);
        assert_eq!(hex(merkle_root(&[])), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        let three = [digest(1), digest(2), digest(3)];
        let right = [&[1_u8][..], &merkle_root(&three[..2]), &merkle_root(&three[2..])].concat();
        assert_eq!(merkle_root(&three)[..], Sha256::digest(right)[..]);
    }

    #[test]
    fn every_tampering_is_found_at_its_entry() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let sealed = |n: i64| Sealed { number: n, kept: digest(n), computed: digest(n) };
        let one = Block::seal(None, 1, &[digest(1), digest(2)], &key);
        let two = Block::seal(Some((1, one.hash())), 3, &[digest(3)], &key);
        let run = |first: &Block, entries: &[Sealed], second: &Block, rest: &[Sealed]| {
            let mut chain = Chain::new(key.verifying_key());
            chain.check(first, entries).and_then(|()| chain.check(second, rest)).map_err(|m| m.entry)
        };
        let (a, b, c) = (sealed(1), sealed(2), sealed(3));
        assert_eq!(run(&one, &[a, b], &two, &[c]), Ok(()));
        assert_eq!(run(&one, &[a, Sealed { computed: digest(9), ..b }], &two, &[c]), Err(2));
        assert_eq!(run(&one, &[a], &two, &[c]), Err(2));
        assert_eq!(run(&one, &[b, a], &two, &[c]), Err(1));
        assert_eq!(run(&one, &[a, b], &two, &[c, sealed(4)]), Err(4));
        let forged = Sealed { number: 2, kept: digest(9), computed: digest(9) };
        assert_eq!(
            run(&one, &[a, forged], &two, &[c]),
            Err(1),
            "the root gives away an entry whose digest was altered too"
        );
        let other = Block::seal(Some((1, one.hash())), 3, &[digest(3)], &SigningKey::from_bytes(&[8; 32]));
        assert_eq!(run(&one, &[a, b], &other, &[c]), Err(3));
        let cut = Block::seal(None, 3, &[digest(3)], &key);
        assert_eq!(run(&one, &[a, b], &cut, &[c]), Err(3));
    }
}
