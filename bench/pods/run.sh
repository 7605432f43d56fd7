#!/bin/sh
# From the payment to the answering site, for PHP pods on one real test host; then until each is suspended, and until each answers again:
# mPanel, one shell script for all pods over one ssh connection (the floor), Ansible with Mitogen, Ansible with pipelining; in one run, one
# after the other. Prints a table.
# Usage, as root: sh bench/pods/run.sh [COUNTS]    e.g. "1 10 50". Needs: bench/common.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$here/../.." && pwd)
. "$ROOT/scripts/env.sh"
. "$ROOT/scripts/demo.sh"
counts=${1:-1 10}
bed="$ROOT/end2end/bed/bed"
cd "$ROOT"
. "$ROOT/bench/common.sh"
venv="$MPANEL_CACHE/bench-ansible"
[ -x "$venv/bin/ansible-playbook" ] || { python3 -m venv "$venv" && "$venv/bin/pip" -q install ansible-core==2.19.14 mitogen==0.3.54; }

host="bench$$"
start_demo 300 --bed "$bed" --host "$host"
work="$data/work"
mkdir "$work"
BENCH_HOST=$("$bed" exec "$host" hostname -I | tr ' ' '\n' | grep '^100\.')
export BENCH_HOST BENCH_URL="$url" BENCH_SETUP="$setup"

# A pod of mPanel is the pattern that the others copy: the same files, the same walls.
session=$(node "$ROOT/bench/panel.mjs" sell)
node "$ROOT/bench/panel.mjs" order 1 sample >"$work/orders"
node "$ROOT/bench/panel.mjs" pay "$work/orders" >/dev/null
"$bed" exec "$host" sh -eu -c '
  pod=$(basename "$(ls /etc/nginx/mpanel.d/sample0*_main.conf)" _main.conf)
  mkdir -p /var/lib/template/files
  cd /
  for file in etc/systemd/system/pod-${pod}_main.* etc/systemd/system/pod-$pod-db.* etc/systemd/system/pods-$pod.slice etc/mpanel/pods/$pod/main/* etc/nginx/mpanel.d/${pod}_main.conf srv/pods/$pod/sites/main/public/*; do
    if [ -f "$file" ]; then mkdir -p "/var/lib/template/files/$(dirname "$file")"; cp "$file" "/var/lib/template/files/$file"; fi
  done
  printf "SAMPLE=%s\nSAMPLE_UID=%s\nSAMPLE_TITLE=\"Title sample0\"\nTEMPLATE=%s\n" "$pod" "$(id -u "p-$pod")" "$(ls -d /srv/pods/.mariadb-*)" >/var/lib/template/facts'
"$bed" exec "$host" tar -C /var/lib -c template | tar -C "$work" -x
. "$work/template/facts"
# Ansible wants a Python on the server.
mkdir "$work/python"
(cd "$work/python" && apt-get -qq download python3-minimal python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libexpat1 libffi8 && for package in *.deb; do dpkg-deb -x "$package" root; done)
tar -C "$work/python/root" -c . | "$bed" exec "$host" tar -C / -x --keep-directory-symlink
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
"$bed" exec "$host" sh -c 'cat >>~/.ssh/authorized_keys' <"$work/key.pub"
ssh_to="ssh -i $work/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes -o LogLevel=ERROR root@$BENCH_HOST"
(cd "$work/template/files" && find . -type f | sed 's/^\.//') >"$work/files"
files=$(sed 's/.*/"&"/' "$work/files" | paste -sd, -)

names() { seq 1 "$1" | sed "s/^/$2/"; }
# CPU seconds of the panel and everything that it has started, its PostgreSQL included.
cpu() { for pid in $(family "$panel"); do cat "/proc/$pid/stat" 2>/dev/null; done | awk -v hz="$(getconf CLK_TCK)" '{sub(/.*\) /, ""); sum += $12 + $13 + $14 + $15} END {printf "%.2f\n", sum / hz}'; }
# Wall and controller's CPU seconds of a command.
timed() { /usr/bin/env time -f '%e %U %S' -o "$work/time" "$@" >"$work/out" 2>&1 || { tail -n 30 "$work/out"; exit 1; }; awk '{printf "%s %.2f\n", $1, $2 + $3}' "$work/time"; }

# ansible STRATEGY PLAYBOOK WHAT POD..
ansible() {
  strategy=$1 playbook=$2 what=$3; shift 3
  pods=$(printf '"%s",' "$@" | sed 's/,$//')
  printf '{"pods":[%s],"what":"%s","files":[%s],"sample":"%s","sample_uid":"%s","sample_title":"%s","template":"%s","databases":"%s"}' "$pods" "$what" "$files" "$SAMPLE" "$SAMPLE_UID" "$SAMPLE_TITLE" "$work/template" "$TEMPLATE" >"$work/vars.json"
  ANSIBLE_PIPELINING=True ANSIBLE_HOST_KEY_CHECKING=False ANSIBLE_STRATEGY="$strategy" \
  ANSIBLE_STRATEGY_PLUGINS=$("$venv/bin/python" -c 'import ansible_mitogen, os; print(os.path.join(os.path.dirname(ansible_mitogen.__file__), "plugins/strategy"))') \
    timed "$venv/bin/ansible-playbook" -i "$BENCH_HOST," -u root --private-key "$work/key" --ssh-common-args "-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR" -e "@$work/vars.json" "$here/$playbook.yml"
}
gone() { $ssh_to "sh -s -- $*" <"$here/gone.sh" >"$work/gone.log" 2>&1 || { cat "$work/gone.log"; exit 1; }; }

row() { printf '%-28s %-10s %6s %9s %9s\n' "$@"; }
# rival NAME PREFIX COUNT COMMAND..: lets it create, suspend and bring back its pods by `COMMAND.. WHAT POD..`, and takes them away.
script() { what=$1; shift; case $what in create) file=pod.sh words= ;; *) file=suspend.sh words=$what ;; esac; timed sh -c "$ssh_to 'bash -s -- $words $*' <$here/$file"; }
with_ansible() { strategy=$1 what=$2; shift 2; case $what in create) ansible "$strategy" playbook create "$@" ;; *) ansible "$strategy" suspend "$what" "$@" ;; esac; }
rival() {
  name=$1 prefix=$2 number=$3; shift 3
  all=$(names "$number" "$prefix" | tr '\n' ' ')
  # shellcheck disable=SC2086 # words
  for step in create suspend unsuspend; do row "$name" "$step" "$number" $("$@" "$step" $all); done
  # shellcheck disable=SC2086 # words
  gone $all
}

row way what pods wall/s cpu/s
for count in $counts; do
  rival "one script over one ssh" floor "$count" script
  rival "Ansible with Mitogen" mito "$count" with_ansible mitogen_linear
  [ "$count" -gt 10 ] || rival "Ansible with pipelining" ansi "$count" with_ansible linear
  node "$ROOT/bench/panel.mjs" order "$count" "own$count" >"$work/orders"
  for step in pay suspend unsuspend; do
    before=$(cpu)
    wall=$(node "$ROOT/bench/panel.mjs" "$step" "$work/orders" "$session")
    row "mPanel" "$(echo "$step" | sed s/pay/create/)" "$count" "$wall" "$(echo "$before $(cpu)" | awk '{printf "%.2f", $2 - $1}')"
  done
done
