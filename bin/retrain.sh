#!/usr/bin/env bash
# Retrain a model from labelled light curves, and promote it if it beats the one in service.
# Arguments go to 'fink-t2 retrain'; without --config it takes conf/retrain.toml.
set -euo pipefail
cd "$(dirname "$0")/.."
bin/setup dev
case " $* " in
  *" --config "* | *" --config="* | *" --help "* | *" -h "*) ;;
  *) set -- --config conf/retrain.toml "$@" ;;
esac
exec .venv/bin/fink-t2 retrain "$@"
