export { encodable, isReadAlike, quote, quoteAll } from '../model/sh-quote.js';
