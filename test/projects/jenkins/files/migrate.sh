#!/bin/sh
# migrate.sh FOLDER VERSION: as a tool for migrations, which takes a moment.
set -eu
echo "$2 began" >> "$1/migrations"
sleep 0.2
echo "$2 ended" >> "$1/migrations"
