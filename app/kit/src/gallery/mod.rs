//! Every component in every state, for the maker.
