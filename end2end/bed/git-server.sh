# Run on a test host that has the root `build`: a repository at git@198.18.77.2:/home/shop, on an address that plays the internet, for whoever has
# the private key to $KEY.
set -e
mkdir -p /mnt/git /var/lib/repos /run/sshd
mount -o loop,ro "$(grep -lx build /var/lib/mpanel/artifacts/*.name | sed 's/name$/sqfs/')" /mnt/git
mount --bind /var/lib/repos /mnt/git/home; mount --rbind /dev /mnt/git/dev
ip netns add git; ip link add gin type veth peer name gout netns git
ip addr add 198.18.77.1/24 dev gin; ip link set gin up
ip -n git addr add 198.18.77.2/24 dev gout; ip -n git link set gout up; ip -n git link set lo up
echo "command=\"chroot /mnt/git sh -c \\\"\$SSH_ORIGINAL_COMMAND\\\"\" $KEY" >/etc/ssh/git_keys
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/git_host_key
cat >/etc/ssh/git_config <<'CONFIG'
ListenAddress 198.18.77.2
HostKey /etc/ssh/git_host_key
AuthorizedKeysFile /etc/ssh/git_keys
PermitRootLogin forced-commands-only
StrictModes no
UsePAM no
PidFile none
CONFIG
systemd-run --quiet --unit=git-server ip netns exec git /usr/sbin/sshd -D -e -f /etc/ssh/git_config
for n in $(seq 100); do (: </dev/tcp/198.18.77.2/22) 2>/dev/null && break; sleep 0.1; done
chroot /mnt/git git init --quiet --initial-branch=main /home/shop
