# Suspends the named pods of a rival, or brings them back: `suspend POD..` or `unsuspend POD..`; runs on the server, fed over one ssh connection.
# Ends when visitors of each get what they should, and when nothing of a suspended one runs.
set -euo pipefail
what=$1; shift
units=$(for pod in "$@"; do echo "pod-${pod}_main.socket pod-${pod}_main.service pod-$pod-db.socket pod-$pod-db.service"; done)
page() { exec 3<>/dev/tcp/127.0.0.1/80; printf 'GET / HTTP/1.0\r\nHost: %s.example.test\r\n\r\n' "$1" >&3; cat <&3; exec 3>&-; }
if [ "$what" = suspend ]; then
  for pod in "$@"; do : >"/etc/nginx/mpanel.d/${pod}_main.closed"; done
  systemctl disable -q --now $units
  for pod in "$@"; do
    until page "$pod" | grep -q '^HTTP/1.1 503'; do sleep 0.02; done
    until ! pgrep -u "p-$pod" >/dev/null; do sleep 0.02; done
  done
else
  systemctl enable -q --now $(printf '%s\n' $units | grep -v -- '-db.service')
  for pod in "$@"; do rm -f "/etc/nginx/mpanel.d/${pod}_main.closed"; done
  for pod in "$@"; do
    until page "$pod" | grep -q "Title $pod"; do sleep 0.02; done
  done
fi
