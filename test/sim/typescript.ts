// Lets node run the sources as they are: `node --experimental-transform-types --import ./test/sim/typescript.ts …`. Node takes the types off
// by itself; what TypeScript imports as `.js` is found here as `.ts`.
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      if (!/^[./].*\.js$/.test(specifier)) throw error;
      return next(specifier.replace(/\.js$/, '.ts'), context);
    }
  },
});
