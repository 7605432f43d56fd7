# Sourced by benchmarks that are tests, behind scripts/env.sh: measure PACKAGE TEST [COMMAND...] prints what an ignored test of that crate prints, of a
# release build, under that command.
# The release build embeds the site and fails without it, after twenty minutes.
[ -d "$ROOT/site/pkg" ] || { echo "The site is not built yet: cargo xtask front" >&2; exit 1; }
measure() {
  # The means of tests are there with debug assertions only.
  tests="profile.release.package.mpanel-db.debug-assertions=true"
  package=$1 test=$2
  shift 2
  # With these packages the features are those of the whole workspace, so nothing compiles twice.
  run() {
    command=$1
    shift
    $command cargo test --locked --release --config "$tests" --config "$(echo "$tests" | sed s/-db/-engine/)" -p mpanel -p xtask -p "$package" --lib "$@"
  }
  run "" --no-run
  run "$*" "$test" -- --ignored --nocapture
}
