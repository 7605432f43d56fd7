# shellcheck shell=bash
# Where Debian's packages come from: the machine's own sources, never a line of this repository. Sourced, never run.

BED_SUITE=bookworm
BED_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Prints "URI SUITE COMPONENTS SIGNED-BY" for every enabled binary source, from both formats of apt.
apt_entries() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] || continue
    awk '$1 == "deb" {
      signed = "-"
      if (match($0, /\[[^]]*\]/)) {
        options = substr($0, RSTART + 1, RLENGTH - 2)
        $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
        n = split(options, o, " ")
        for (i = 1; i <= n; i++) if (tolower(o[i]) ~ /^signed-by=/) signed = substr(o[i], 11)
      }
      components = ""
      for (i = 4; i <= NF; i++) { if ($i ~ /^#/) break; components = components (components == "" ? "" : ",") $i }
      print $2, $3, components, signed
    }' "$file"
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    awk '
      function flush_stanza(  u, s, i, j, nu, ns) {
        if (types ~ /(^| )deb( |$)/ && enabled != "no") {
          nu = split(uris, u, " "); ns = split(suites, s, " ")
          gsub(/ +/, ",", components)
          for (i = 1; i <= nu; i++) for (j = 1; j <= ns; j++) print u[i], s[j], components, (signed == "" ? "-" : signed)
        }
        types = uris = suites = components = signed = enabled = key = ""
      }
      /^#/ { next }
      /^[ \t]*$/ { flush_stanza(); next }
      /^[ \t]/ { value = $0; sub(/^[ \t]+/, "", value); append(value); next }
      { key = tolower($0); sub(/:.*/, "", key); value = $0; sub(/^[^:]*:[ \t]*/, "", value); sub(/[ \t]+$/, "", value); append(value) }
      function append(v) {
        if (key == "types") types = types (types == "" ? "" : " ") v
        else if (key == "uris") uris = uris (uris == "" ? "" : " ") v
        else if (key == "suites") suites = suites (suites == "" ? "" : " ") v
        else if (key == "components") components = components (components == "" ? "" : " ") v
        else if (key == "enabled") enabled = tolower(v)
        else if (key == "signed-by") { gsub(/ /, "", v); signed = signed v }
      }
      END { flush_stanza() }' "$file"
  done
}

# Prints one-line sources of Debian bookworm for mmdebstrap. MPANEL_APT_SOURCES names a file that overrides them.
apt_sources() {
  if [ -n "${MPANEL_APT_SOURCES:-}" ]; then
    grep '^deb ' "$MPANEL_APT_SOURCES" || die "MPANEL_APT_SOURCES=$MPANEL_APT_SOURCES has no line that begins with 'deb '"
    return
  fi
  local uri suite components signed option found=
  while read -r uri suite components signed; do
    case $suite in "$BED_SUITE" | "$BED_SUITE-updates" | "$BED_SUITE-security") ;; *) continue ;; esac
    case ,$components, in *,main,*) ;; *) continue ;; esac
    # Other vendors use Debian's suite names, too; they sign with their own key.
    case $signed in - | *debian-archive*) ;; *) continue ;; esac
    option=
    [ -f "$BED_KEYRING" ] && option="[signed-by=$BED_KEYRING] "
    printf 'deb %s%s %s main\n' "$option" "$uri" "$suite"
    [ "$suite" = "$BED_SUITE" ] && found=1
  done < <(apt_entries | sort -u)
  [ -n "$found" ] || die "this machine's apt knows no Debian $BED_SUITE; put 'deb URI $BED_SUITE main' lines into a file and name it in MPANEL_APT_SOURCES"
}

# Prints the --aptopt arguments, one a line, that carry over what this machine's apt was told about its mirror.
apt_options() {
  local key value
  for key in Acquire::Check-Valid-Until Acquire::Check-Date Acquire::http::Proxy Acquire::https::Proxy; do
    value=$(apt-config dump --format '%v' "$key")
    if [ -n "$value" ]; then printf -- '--aptopt=%s "%s"\n' "$key" "$value"; fi
  done
}
