/**
 * The API reference for people, at /_session/: RapiDoc, an existing viewer, shows openapi.json. It is 212 KB gzip
 * and the Worker may be 60, so a pinned file comes from a CDN, held to its hash. Must never let that script
 * reach anything but the public description: no key is typed here, and the policy forbids every other address.
 */
import { BASE_PATH } from './endpoint.ts'

export const REFERENCE_PATH = '/_session/'

const VIEWER = 'https://cdn.jsdelivr.net/npm/rapidoc@9.3.8/dist/rapidoc-min.js'
const INTEGRITY = 'sha384-szzoYhqSJqZH8X90KwbBjYL1CMLEa3U7xl/oAZg4ViKpYEY5GVhM+peBQB4u7ANM'

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>edge-session-validator: operator API</title>
<script type="module" src="${VIEWER}" integrity="${INTEGRITY}" crossorigin="anonymous"></script>
<rapi-doc spec-url="${BASE_PATH}/openapi.json" load-fonts="false" allow-try="false"
  allow-authentication="false" allow-spec-url-load="false" allow-spec-file-load="false"
  allow-server-selection="false" render-style="read" show-header="false"></rapi-doc>
<noscript>The description itself is <a href="${BASE_PATH}/openapi.json">openapi.json</a>.</noscript>
</html>
`

/** 200 with the page. `origin` is where it was asked for. The viewer styles itself inline. */
export const referencePage = (origin: string): Response =>
  new Response(PAGE, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': [
        "default-src 'none'",
        `script-src ${VIEWER}`,
        "style-src 'unsafe-inline'",
        'img-src data:',
        `connect-src ${origin}${BASE_PATH}/openapi.json`,
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ].join('; '),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  })
