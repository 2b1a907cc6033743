/**
 * The floor: nobody is asked for anything. What others cost over this is the price of validating.
 * Must never look at the session.
 */
import { type Env, forward } from './forward.ts'

export default {
  fetch: (request, env) => forward(request, env.ORIGIN_URL, null),
} satisfies ExportedHandler<Env>
