/**
 * Which commands a region may answer from its own copy, and which are not served over REST at all.
 * Must never treat a command it does not know as a read: a stale answer would pass for a fresh one.
 */

/**
 * The commands Upstash's SDK takes for reads (`READ_COMMANDS` of @upstash/redis 1.39.0), less its
 * JSON and array families. `GETEX` is not among them, even without options, and neither are
 * `EXPIRETIME` and `PEXPIRETIME`: they go to the primary.
 */
const READS = new Set(
  `GET GETRANGE MGET STRLEN BITCOUNT BITPOS GETBIT HEXISTS HGET HGETALL HKEYS HLEN HMGET HRANDFIELD
  HSCAN HSTRLEN HTTL HVALS HEXPIRETIME HPEXPIRETIME HPTTL LINDEX LLEN LPOS LRANGE SCARD SDIFF SINTER
  SINTERCARD SISMEMBER SMEMBERS SMISMEMBER SRANDMEMBER SSCAN SUNION ZCARD ZCOUNT ZLEXCOUNT ZMSCORE
  ZRANGE ZRANK ZREVRANK ZSCAN ZSCORE ZUNION EXISTS TYPE TTL PTTL RANDOMKEY TOUCH PFCOUNT XINFO XLEN
  XPENDING XRANGE XREAD XREVRANGE GEODIST GEOHASH GEOPOS GEOSEARCH EVAL_RO EVALSHA_RO FCALL_RO
  DBSIZE ECHO PING TIME SCAN KEYS`.split(/\s+/),
)

/** Blocking, connection-bound or administrative: Upstash does not serve these over REST. */
const NOT_OVER_REST = new Set(
  `BLPOP BRPOP BLMOVE BLMPOP BRPOPLPUSH BZPOPMIN BZPOPMAX BZMPOP MULTI EXEC DISCARD WATCH UNWATCH
  SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE MONITOR AUTH HELLO SELECT
  QUIT RESET CLIENT CONFIG SHUTDOWN REPLICAOF SLAVEOF SYNC PSYNC REPLCONF FAILOVER SAVE BGSAVE
  BGREWRITEAOF DEBUG MODULE CLUSTER SWAPDB MIGRATE LATENCY SLOWLOG`.split(/\s+/),
)

export function isRead(command: string[]): boolean {
  const name = (command[0] ?? '').toUpperCase()
  return READS.has(name) || (name === 'SCRIPT' && command[1]?.toUpperCase() === 'EXISTS')
}

/** Upstash's refusal by name, or undefined where the command may run. */
export function refusalOverRest(command: string[]): string | undefined {
  const name = (command[0] ?? '').toUpperCase()
  const blocks =
    (name === 'XREAD' || name === 'XREADGROUP') &&
    command.some((arg) => arg.toUpperCase() === 'BLOCK')
  if (!NOT_OVER_REST.has(name) && !blocks) return undefined
  return `ERR Command is not available: '${name}'. See https://upstash.com/docs/redis/overall/rediscompatibility for details`
}
