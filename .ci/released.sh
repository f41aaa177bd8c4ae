#!/bin/sh
# The names that a release of this tag goes by, one NAME=VALUE a line, for the jobs of release.yaml. Fails where the tag is
# not the version, where nobody has set the public names, and where another repository than the documented one runs it:
# its name is the identity in a signature.
set -eu
cd "$(dirname "$0")/.."
names=$(python3 .ci/public.py)
{ read -r image; read -r source; read -r version; } <<NAMES
$names
NAMES
[ "v$version" = "$GITHUB_REF_NAME" ] || { echo "the tag is $GITHUB_REF_NAME, the version $version" >&2; exit 1; }
case $image in localhost/*) echo "set the public names first: .ci/public.py" >&2; exit 1 ;; esac
[ "$source" = "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY" ] || { echo "the source is $source: not this repository" >&2; exit 1; }
echo "$source: $image:$version" >&2
echo "IMAGE=$image"
echo "VERSION=$version"
echo "REGISTRY=${image%%/*}"
echo "STARTED_TYPE=$source/started/v1"
echo "IDENTITY=$source/.github/workflows/release.yaml@$GITHUB_REF"
echo "SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)"
