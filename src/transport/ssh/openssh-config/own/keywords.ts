/** Keywords that change nothing of how a host is reached, found or trusted by us; and those that OpenSSH has given up. */
export const passedOver: ReadonlySet<string> = new Set(
  `addkeystoagent addressfamily afstokenpassing batchmode bindaddress bindinterface canonicaldomains canonicalizefallbacklocal
   canonicalizemaxdots casignaturealgorithms challengeresponseauthentication channeltimeout cipher ciphers clearallforwardings
   compression compressionlevel connectionattempts controlmaster controlpath controlpersist dsaauthentication dynamicforward
   enableescapecommandline enablesshkeysign escapechar exitonforwardfailure fallbacktorsh fingerprinthash forkafterauthentication
   forwardagent forwardx11 forwardx11timeout forwardx11trusted gatewayports globalknownhostsfile2 gssapiauthentication
   gssapiclientidentity gssapidelegatecredentials gssapikexalgorithms gssapikeyexchange gssapirenewalforcesrekey
   gssapiserveridentity gssapitrustdns hostbasedacceptedalgorithms hostbasedauthentication hostbasedkeytypes hostkeyalgorithms
   ipqos kbdinteractiveauthentication kbdinteractivedevices keepalive kerberosauthentication kerberostgtpassing kexalgorithms
   localcommand localforward loglevel logverbose macs nohostauthenticationforlocalhost numberofpasswordprompts
   obscurekeystroketiming passwordauthentication permitlocalcommand permitremoteopen pkcs11provider preferredauthentications
   protocol pubkeyacceptedalgorithms pubkeyacceptedkeytypes pubkeyauthentication rekeylimit remotecommand remoteforward requesttty
   requiredrsasize rhostsauthentication rhostsrsaauthentication rsaauthentication rsaminsize securitykeyprovider sendenv
   sessiontype setenv skeyauthentication smartcarddevice stdinnull streamlocalbindmask streamlocalbindunlink syslogfacility tag
   tcpkeepalive tisauthentication tunnel tunneldevice updatehostkeys useblacklistedkeys useprivilegedport userknownhostsfile2
   useroaming usersh verifyhostkeydns versionaddendum visualhostkey warnweakcrypto xauthlocation`
    .trim()
    .split(/\s+/),
);
