#!/bin/bash
# A manager of systemd of our own: with its units, runs a command, and leaves nothing behind.
#
#   systemd_manager.sh FOLDER COMMAND...    FOLDER/units holds the units; the command ends the manager
#
# Runs in namespaces of mounts and processes (unshare), so that all that it starts ends with it. Ends
# with 77 where no manager can run.
set -u
folder=$1
shift
# The manager looks for the folder of a booted system.
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system /run/ours || exit 77
export HOME=$folder/home XDG_RUNTIME_DIR=/run/ours XDG_CONFIG_HOME=$folder/config
export XDG_DATA_HOME=$folder/data
mkdir -p "$HOME" "$XDG_CONFIG_HOME/systemd" "$XDG_DATA_HOME"
cp -r "$folder/units" "$XDG_CONFIG_HOME/systemd/user"

# A control group below that of the caller, without any of the limits that groups may have, which
# stay as they are.
mount -t cgroup2 none /sys/fs/cgroup || exit 77
above=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
group=$above/timer-test-$$
mkdir "$group" && echo $$ > "$group/cgroup.procs" || exit 77
leave() {
    echo $$ > "$above/cgroup.procs"
    find "$group" -depth -type d -exec rmdir {} +
}

/usr/lib/systemd/systemd --user --log-target=console --log-level=info &
manager=$!
for _ in $(seq 100); do
    [ -S /run/ours/systemd/private ] && break
    kill -0 $manager 2> /dev/null || break
    sleep 0.1
done
if ! systemctl --user list-units > /dev/null; then
    kill -KILL $manager 2> /dev/null
    wait $manager
    leave
    exit 77
fi
"$@"
code=$?
systemctl --user exit
wait $manager
leave
exit $code
