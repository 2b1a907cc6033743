# An origin in Ruby that checks the assertion. Needs `gem install jwt webrick`.
# The gem verifies ES256; EdDSA keys need the gem jwt-eddsa, and are left aside here.
#
# ISSUER=https://example.com/_session AUDIENCE=origin PORT=3000 ruby server.rb

require 'json'
require 'jwt'
require 'net/http'
require 'webrick'

ISSUER = ENV.fetch('ISSUER')
AUDIENCE = ENV.fetch('AUDIENCE', 'origin')

# The public keys: asked for every five minutes, or for a key id that is unknown, at most every 30 seconds.
class Keys
  def initialize
    @lock = Mutex.new
    @asked_at = nil
  end

  def call(options)
    @lock.synchronize do
      age = @asked_at && (Process.clock_gettime(Process::CLOCK_MONOTONIC) - @asked_at)
      load if age.nil? || age > 300 || (options[:kid_not_found] && age > 30)
      @keys
    end
  end

  private

  def load
    body = Net::HTTP.get(URI("#{ISSUER}/.well-known/jwks.json"))
    @keys = { keys: JSON.parse(body, symbolize_names: true)[:keys].select { |key| key[:kty] == 'EC' } }
    @asked_at = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end

KEYS = Keys.new

# Who is calling; nil: nobody that we know.
def caller_of(request)
  assertion = request['Session-Assertion']
  return nil if assertion.nil?

  claims, header = JWT.decode(
    assertion, nil, true,
    algorithms: ['ES256'], jwks: KEYS.method(:call).to_proc,
    iss: ISSUER, verify_iss: true,
    aud: AUDIENCE, verify_aud: true,
    leeway: 5,
    required_claims: %w[exp iat sub sid]
  )
  raise JWT::DecodeError, 'not an assertion' unless header['typ'] == 'session-assertion+jwt'

  # The gem's own check has no leeway.
  raise JWT::InvalidIatError, 'from the future' if claims['iat'] > Time.now.to_i + 5

  { subject: claims['sub'], permissions: claims['permissions'] }
rescue StandardError => e # Whatever it is: nobody is let in by a mistake.
  warn "refused: #{e.class}"
  nil
end

server = WEBrick::HTTPServer.new(
  BindAddress: '127.0.0.1', Port: ENV.fetch('PORT', '3000').to_i,
  AccessLog: [], Logger: WEBrick::Log.new(File::NULL)
)
server.mount_proc '/' do |request, response|
  caller = caller_of(request)
  response.status = caller ? 200 : 401
  response['Content-Type'] = 'application/json'
  response.body = JSON.generate(caller)
end
server.start
