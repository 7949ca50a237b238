#!/bin/sh
# Ends the parts of a stack when the process that started them is gone, however it went.
#
# Reads "add PID STARTED" and "drop PID" lines from its owner. When the pipe closes, the processes that were added and not
# dropped are told to stop and, ten seconds later, made to. A process is one only if it began at STARTED: numbers are reused.

set -u
watched=

started_of() {
  if [ -r "/proc/$1/stat" ]; then
    IFS= read -r stat <"/proc/$1/stat" || return 0
    # shellcheck disable=SC2086 # The fields are wanted apart. The name in parentheses may hold spaces, so they are counted behind it.
    set -- ${stat##*) }
    [ "$1" = Z ] || printf '%s' "${20}"
  else
    ps -o lstart= -p "$1" 2>/dev/null | tr -s ' ' '_'
  fi
}

signal_all() {
  for entry in $watched; do
    [ "$(started_of "${entry%%:*}")" = "${entry#*:}" ] && kill -s "$1" "${entry%%:*}" 2>/dev/null && alive=yes
  done
}

while read -r verb pid started; do
  kept=
  for entry in $watched; do
    [ "${entry%%:*}" = "$pid" ] || kept="$kept $entry"
  done
  watched=$kept
  [ "$verb" = add ] && watched="$watched $pid:$started"
done

signal_all TERM
for _ in 1 2 3 4 5 6 7 8 9 10; do
  alive=
  signal_all 0
  [ -n "$alive" ] || exit 0
  sleep 1
done
signal_all KILL
