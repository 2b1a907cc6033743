/**
 * What `edge-session --help` says, exit codes included.
 * Must never promise an option that commands.js does not take.
 */

export const HELP = `edge-session: the operator API of edge-session-validator from the command line

  edge-session sessions list --subject U
  edge-session sessions revoke SID
  edge-session revoke --subject U [--except SID]
  edge-session revoke --session SID
  edge-session revoke --label NAME=VALUE | --all [--issued-before TIME]
  edge-session subjects get | enable | disable | erase | export --subject U
  edge-session subjects set --subject U [--permission P]... [--no-permissions] [--claims JSON] [--replace]
  edge-session events tail [--subject U] [--after ID]
  edge-session health

Where and who
  EDGE_SESSION_URL   https://example.com, or --url
  EDGE_SESSION_KEY   the API key; never an argument, which others on the machine could see

Options
  --subject, --session   may be repeated in revoke
  --reason TEXT          goes into the audit trail (revoke, without --except)
  --replace              subjects set writes the whole record: creates it if need be; what is left out is empty
  --wait                 returns once every edge enforces it (revoke, sessions revoke, subjects erase)
  --yes                  does not ask
  --json                 prints what the API answered, on one line; events one a line
  --help

What ends something says first what will go, and asks; without a terminal it needs --yes.
Results go to stdout, everything else to stderr.

Exit codes
  0  done
  1  the API refused, or there is no such thing
  2  usage, or not confirmed: nothing was done
  3  trouble with the network or the store: it may or may not be done, and is safe to repeat`
