//! Third-party transfers: what a unit was given goes to somebody else only once every nation that gave it, or set a limit to it, agrees.

use crate::words;

words! {
    /// What a nation says to a third-party transfer.
    pub enum Answer {
        /// It agrees.
        Consents = "consents",
        /// It does not.
        Refuses = "refuses",
    }
}

words! {
    /// How far a third-party transfer is.
    pub enum ThirdPartyState {
        /// A nation has not answered yet.
        Asked = "asked",
        /// All nations agree: it may be handed over.
        Agreed = "agreed",
        /// A nation refuses: it stays where it is.
        Refused = "refused",
        /// Whoever asked no longer wants it.
        Withdrawn = "withdrawn",
        /// It was handed over.
        Transferred = "transferred",
    }
}

impl ThirdPartyState {
    /// What follows from the nations' answers. Where nobody had to be asked, all agree.
    pub fn of(answers: impl IntoIterator<Item = Option<Answer>>) -> Self {
        answers.into_iter().fold(Self::Agreed, |state, answer| match (state, answer) {
            (Self::Refused, _) | (_, Some(Answer::Refuses)) => Self::Refused,
            (_, None) => Self::Asked,
            (state, Some(Answer::Consents)) => state,
        })
    }

    /// Whether something may still come of it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Asked | Self::Agreed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_refusal_counts_more_than_every_consent_and_every_silence() {
        let (yes, no) = (Some(Answer::Consents), Some(Answer::Refuses));
        assert_eq!(ThirdPartyState::of([]), ThirdPartyState::Agreed);
        assert_eq!(ThirdPartyState::of([yes, yes]), ThirdPartyState::Agreed);
        assert_eq!(ThirdPartyState::of([yes, None]), ThirdPartyState::Asked);
        assert_eq!(ThirdPartyState::of([None, yes]), ThirdPartyState::Asked);
        for all in [[no, yes, None], [None, no, yes], [yes, None, no]] {
            assert_eq!(ThirdPartyState::of(all), ThirdPartyState::Refused);
        }
    }
}
