/**
 * Sequences of commands on which both backends must agree, word for word. Each starts on an empty
 * database. Times are in whole tens of seconds, so that a comparison can round.
 */
const lines = (text: string): string[][] =>
  text
    .trim()
    .split('\n')
    .map((line) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2] ?? ''))

export const SEQUENCES: Record<string, string[][]> = {
  strings: lines(`
    SET k v
    GET k
    set k w GET
    SET k x NX
    SET k x NX GET
    SET none x XX
    SET none x XX GET
    SET none x NX GET
    GET none
    MGET k none k
    MSET a 1 b 2
    MGET a b
    GETDEL a
    GETDEL a
    SETEX s 100 v
    TTL s
    GET s
    SET s w
    TTL s
    DEL s k s
    UNLINK b b
    EXISTS a b none none
    SET "" ""
    GET ""
    EXISTS "" ""`),
  copies: lines(`
    COPY none a
    HSET h f 1 g 2
    EXPIRE h 100
    COPY h c
    COPY h c
    TTL c
    HSET h f 3
    HDEL h g
    HGETALL c
    HGETALL h
    COPY h c REPLACE
    HGETALL c
    copy h c replace REPLACE
    COPY none c REPLACE
    EXISTS c
    COPY h h
    COPY none none
    COPY h d NX
    COPY h
    PERSIST h
    COPY h e
    TTL e
    SET k v
    COPY k l
    GET l
    XADD s 1-1 a b
    COPY s t
    XADD s 2-1 c d
    XRANGE t - +
    XADD t 1-1 e f
    ZADD z 1 a
    COPY z y
    ZADD z 2 a
    ZSCORE y a`),
  'integers, to their bounds': lines(`
    INCR n
    INCRBY n 41
    DECR n
    SET n 9223372036854775807
    INCR n
    INCRBY n -9223372036854775808
    SET n -9223372036854775808
    INCRBY n -1
    DECR n
    SET n 9223372036854775808
    INCR n
    SET n " 1"
    INCR n
    SET n 01
    INCR n
    SET n +1
    INCR n
    SET n -0
    INCR n
    SET n ""
    INCR n
    INCRBY n 9223372036854775808
    INCRBY n 1.5
    SET n 5 EX 100
    INCR n
    TTL n`),
  'times of SET and GETEX': lines(`
    SET k v EX 100
    TTL k
    SET k v KEEPTTL
    TTL k
    SET k v PX 200000
    PTTL k
    SET k v EXAT 99999999990
    EXPIRETIME k
    PEXPIRETIME k
    SET k v PXAT 99999999990000
    PEXPIRETIME k
    GETEX k
    PEXPIRETIME k
    GETEX k PERSIST
    TTL k
    GETEX k EX 300
    TTL k
    GETEX k PX 400000
    PTTL k
    GETEX k PXAT 99999999990000
    PEXPIRETIME k
    GETEX k PXAT 1
    EXISTS k
    GETEX none EX 10
    GETEX none EX 0
    SET k v
    GETEX k EX 0
    GETEX k FOO
    GETEX k PERSIST EX 10
    GETEX k EX 10 PX 10
    GETEX k KEEPTTL`),
  'refusals of strings': lines(`
    SET
    SET k
    SET k v EX
    SET k v EX 0
    SET k v EX -1
    SET k v EX abc
    SET k v EX 10 PX 10
    SET k v EX 10 KEEPTTL
    SET k v FOO
    SET k v NX XX
    SET k v PX 9223372036854775807
    SET k v EX 9223372036854775807
    SET k v EX 99999999999999999999
    SETEX k 0 v
    SETEX k x v
    GET
    GET a b
    MSET a b c
    MSET a
    GETDEL
    HSET h f v
    GET h
    SET h v GET
    SET h v NX GET
    GETDEL h
    GETEX h
    GETEX h EX 0
    INCR h
    INCRBY h x
    MGET h
    SET h v
    GET h`),
  hashes: lines(`
    HSET h a 1 b 2
    HSET h b 3 c 4
    HGET h b
    HGET h none
    HGET none a
    HMGET h a none c
    HMGET none a
    HGETALL h
    HGETALL none
    HKEYS h
    HVALS h
    HLEN h
    HLEN none
    HEXISTS h a
    HEXISTS h none
    HSETNX h a 9
    HSETNX h d 9
    HSETNX new d 9
    HINCRBY h a 41
    HINCRBY h fresh -1
    HSET h n x
    HINCRBY h n 1
    HINCRBY h n x
    HINCRBY h n 99999999999999999999
    HSET h m 9223372036854775807
    HINCRBY h m 1
    HDEL h a none b
    HDEL new d
    EXISTS new
    TYPE new
    HDEL none a
    HSET h a
    HSET h a 1 b
    HDEL h
    SET s v
    HGET s f
    HSET s f v
    HSET s f v g
    HGETALL s
    HINCRBY s f 1
    HDEL s f
    HLEN s
    EXPIRE h 100
    HSET h z 1
    TTL h
    HGETALL h`),
  'sorted sets': lines(`
    ZADD z 3 c 1 a 2 b 2 aa
    ZRANGE z 0 -1
    ZRANGE z 0 -1 WITHSCORES
    ZRANGE z 1 2 REV WITHSCORES
    ZRANGE z -2 -1
    ZRANGE z 5 9
    ZRANGE z -9 0
    ZRANGE z 2 1
    ZRANGE none 0 -1 WITHSCORES
    zadd z gt 5 a 1 b
    ZADD z GT CH 6 a 1 b
    ZADD z LT CH 4 a 9 b
    ZADD z NX CH 7 a 7 new
    ZADD z XX CH 8 a 8 other
    ZADD z CH 8 a
    ZADD z 1760000000000 ms -5 less 1e3 k inf top -inf low +3 plus
    ZRANGE z 0 -1 WITHSCORES
    ZSCORE z ms
    ZSCORE z top
    ZSCORE z none
    ZSCORE none a
    ZCARD z
    ZCARD none
    TYPE z
    ZADD gone XX 1 a
    EXISTS gone
    ZADD one 1 a
    ZREM one a none
    EXISTS one
    ZREM none a
    ZADD z GT 1 b 1 ä 1 é 1 Z
    ZRANGE z 0 -1
    EXPIRE z 100
    ZADD z 9 later
    TTL z
    ZADD z 1
    ZADD z 1 a 2
    ZADD z x a
    ZADD z "" a
    ZADD z nan a
    ZADD z NX XX 1 a
    ZADD z NX GT 1 a
    ZADD z GT LT 1 a
    ZADD z FOO 1 a
    ZADD z GT CH
    ZADD z GT CH XX
    ZRANGE z a 1
    ZRANGE z 0 -1 FOO
    ZRANGE z 0
    SET s v
    ZADD s 1 a
    ZADD s x a
    ZRANGE s 0 -1
    ZSCORE s a
    ZREM s a
    ZCARD s
    GET z
    HGET z a`),
  'conditions of expiry': lines(`
    EXPIRE none 100
    TTL none
    PTTL none
    EXPIRETIME none
    SET k v
    TTL k
    PEXPIRETIME k
    EXPIRE k 100 XX
    EXPIRE k 100 GT
    EXPIRE k 100 LT
    TTL k
    EXPIRE k 200 NX
    EXPIRE k 200 LT
    EXPIRE k 200 GT
    TTL k
    EXPIRE k 100 GT
    EXPIRE k 100 LT
    EXPIRE k 300 XX GT
    TTL k
    PEXPIRE k 400000
    PTTL k
    EXPIREAT k 99999999990
    EXPIREAT k 99999999990 GT
    EXPIREAT k 99999999990 LT
    EXPIRETIME k
    PEXPIREAT k 99999999980000 LT
    PEXPIRETIME k
    PERSIST k
    PERSIST k
    PERSIST none
    TTL k
    EXPIRE k x
    EXPIRE k 10 NX XX
    EXPIRE k 10 NX GT
    EXPIRE k 10 GT LT
    EXPIRE k 10 FOO
    EXPIRE k 10 NX foo
    EXPIRE k 9223372036854775807
    EXPIRE k -9223372036854775807
    PEXPIRE k 9223372036854775807
    EXPIREAT k 9223372036854775807
    PEXPIREAT k x
    EXPIRE k
    EXPIRE k 0 GT
    EXISTS k
    EXPIRE k -1
    EXISTS k
    SET k v
    EXPIREAT k 1
    EXISTS k
    SET k v
    PEXPIRE k -1 XX
    PEXPIRE k -1 LT
    EXISTS k`),
  'ids of streams': lines(`
    XADD s 1-1 a b
    XADD s 1-1 a b
    XADD s 0-9 a b
    XADD s 0-0 a b
    XADD s2 0-0 a b
    XADD s2 0-* a b
    XADD s 1-* a b
    XADD s 0-* a b
    XADD s 2 a b
    XADD s foo a b
    XADD s 1-foo a b
    XADD s - a b
    XADD s + a b
    XADD s -1-1 a b
    XADD s * a
    XADD s * a b c
    XADD s *
    XADD s 99999999999999-5 a b
    XADD s * a b
    XADD s 99999999999999-18446744073709551615 a b
    XADD s * a b
    XADD s 18446744073709551615-18446744073709551615 a b
    XADD s * a b
    XADD none NOMKSTREAM * a b
    EXISTS none
    XADD t NOMKSTREAM 1-1 a b
    XADD t 1-1 a b
    XADD t NOMKSTREAM 1-2 a b
    XLEN t
    SET k v
    XADD k * a b
    XADD k 0-0 a b
    XADD k nomkstream 1-1 a b
    XLEN k
    XADD u * a b
    XADD u * a b
    XRANGE u - +
    TYPE u`),
  'ranges of streams': lines(`
    XADD s 1-1 a 1
    XADD s 1-2 b 2 c 3
    XADD s 2-0 d 4
    XADD s 5-5 e 5
    XRANGE s - +
    XREVRANGE s + -
    XRANGE s 1 1
    XRANGE s 2 +
    XRANGE s (1-1 +
    XRANGE s (1 +
    XRANGE s - (2
    XRANGE s - (2-0
    XRANGE s - + COUNT 2
    XREVRANGE s + - COUNT 2
    XREVRANGE s (5-5 (1-1
    XREVRANGE s 1 2
    XRANGE s 5 1
    XRANGE s - + COUNT 0
    XRANGE s - + COUNT -1
    XRANGE s - + COUNT x
    XRANGE s - + COUNT
    XRANGE s - + FOO 1
    XRANGE s - + COUNT 1 COUNT 3
    XRANGE s foo +
    XRANGE s - foo
    XRANGE s (- +
    XRANGE s ( +
    XRANGE s (18446744073709551615-18446744073709551615 +
    XRANGE s - (0-0
    XRANGE s 99999999999999999999 +
    XRANGE s -
    XRANGE none - +
    XRANGE none - + COUNT 0
    XRANGE none foo +
    XDEL s 1-2 9-9
    XDEL s 1-1 foo
    XDEL s foo
    XDEL none foo
    XDEL none 1-1
    XRANGE s - +
    XDEL s 1-1 2-0 5-5
    XLEN s
    EXISTS s
    XADD s 5-5 a b
    SET k v
    XRANGE k - +
    XDEL k 1-1
    XRANGE k foo +`),
  'trimming of streams': lines(`
    XADD s 1-1 a b
    XADD s MAXLEN 2 2-1 a b
    XADD s MAXLEN 2 3-1 a b
    XADD s MAXLEN = 2 4-1 a b
    XRANGE s - +
    XADD s MAXLEN ~ 1 5-1 a b
    XLEN s
    XADD s MINID 4 6-1 a b
    XRANGE s - +
    XADD s MINID ~ 6 7-1 a b
    XLEN s
    XTRIM s MINID = 5-1
    XTRIM s MINID ~ 99
    XLEN s
    XADD s 100-1 a b
    XADD s 100-2 a b
    XTRIM s MAXLEN ~ 1
    XTRIM s MAXLEN ~ 0 LIMIT 1
    XTRIM s MAXLEN ~ 0 LIMIT 0
    XLEN s
    XADD s 100-2 a b
    XADD s 100-3 a b
    XADD s MAXLEN 0 100-4 a b
    XLEN s
    XTRIM s MAXLEN
    XTRIM s
    XTRIM s FOO 1
    XTRIM s MAXLEN 1 2
    XTRIM s MAXLEN x
    XTRIM s MAXLEN -1
    XTRIM s MINID foo
    XTRIM s NOMKSTREAM MAXLEN 1
    XTRIM s LIMIT 5 MAXLEN 1
    XTRIM none MAXLEN 0
    XTRIM none MAXLEN ~ 0 LIMIT 0
    XADD s MAXLEN a b
    XADD s MAXLEN 10 MINID 1 * a b
    XADD s MAXLEN = 10 LIMIT 5 * a b
    XADD s MAXLEN 10 LIMIT 5 * a b
    XADD s MAXLEN ~ 10 LIMIT 5 200-1 a b
    XADD s MAXLEN ~ 10 LIMIT -1 * a b
    XADD s MAXLEN ~ 10 LIMIT x * a b
    XADD s MAXLEN -1 * a b
    XADD s LIMIT 5 * a b
    XADD s LIMIT 5 foo a b
    XADD s MAXLEN 10 foo a b
    SET k v
    XTRIM k MAXLEN 1`),
  'approximate trimming removes whole nodes': [
    ...Array.from({ length: 250 }, (_, index) => ['XADD', 's', `${index + 1}-0`, 'a', 'b']),
    ...lines(`
      XTRIM s MAXLEN ~ 200
      XTRIM s MAXLEN ~ 140
      XLEN s
      XTRIM s MINID ~ 200
      XTRIM s MINID ~ 201 LIMIT 50
      XTRIM s MINID ~ 201 LIMIT 100
      XLEN s
      XADD s MAXLEN ~ 1 300-1 a b
      XLEN s
      XRANGE s - + COUNT 1`),
  ],
  'keys and the database': lines(`
    SET user:1 a
    SET user:2 b
    HSET other f v
    XADD feed 1-1 a b
    TYPE user:1
    TYPE other
    TYPE feed
    TYPE none
    KEYS *
    KEYS user:*
    KEYS user:?
    KEYS user:[1-1]
    KEYS user:[^1]
    KEYS *:[12]
    KEYS user\\:*
    KEYS u.er*
    KEYS none
    SCAN 0 COUNT 100
    SCAN 0 MATCH user:* COUNT 100
    SCAN 0 COUNT 100 TYPE hash
    SCAN x
    SCAN 0 MATCH
    SCAN 0 COUNT 0
    SCAN 0 COUNT x
    SCAN 0 FOO 1
    SCAN
    DBSIZE
    DBSIZE x
    PING
    PING hello
    PING a b
    ECHO hello
    ECHO
    TIME x
    DEL
    EXISTS
    KEYS
    TYPE
    FLUSHDB foo
    FLUSHDB
    DBSIZE
    SET a b
    FLUSHALL SYNC
    DBSIZE
    nope
    Nope a "c d"`),
}

/** Each a transaction; compared with its status. The database is empty before the first. */
export const TRANSACTIONS: string[][][] = [
  lines(`SET k v
    GET k
    HSET h f v
    EXPIRE h 100
    TTL h`),
  lines(`SET k v a b c
    INCR k
    GET k`),
  lines(`SET k w
    GET`),
  lines(`SET k w
    nope`),
  lines(`GET k
    XADD feed 1-1 a b
    INCR head
    XADD feed 1-1 a b
    XRANGE feed - +
    GETEX head`),
  lines(`GET k
    EXISTS k h
    XLEN feed`),
]
