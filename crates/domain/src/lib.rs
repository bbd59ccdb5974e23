//! The nouns and rules of Muster. It must not do IO, know SQL or HTTP, read a clock or draw random numbers.
