#!/bin/sh
# The launcher of a flex template gives each parameter as a flag. beamline wants
# the spec as an argument, and the rest of the launcher's flags as they are.
set -eu
spec=
n=$#
while [ "$n" -gt 0 ]; do
  case $1 in
  --spec=*) spec=${1#--spec=} ;;
  --runner=*) ;; # always Dataflow
  *) set -- "$@" "$1" ;;
  esac
  shift
  n=$((n - 1))
done
if [ -z "$spec" ]; then
  echo "the template needs the parameter spec: gs://BUCKET/beamline.yaml" >&2
  exit 2
fi
exec "${BEAMLINE:-/template/beamline}" score "$spec" --runner=dataflow "$@"
