"""Variables that hold a token or key which is good for one service alone: who has it calls that service. It is data in
Python's form, as almost every build reads it.

The names are those of the services' own documentation, of their libraries and of lego's DNS providers. None is of a
program that companies run themselves, unless a variable beside it says where; none is of a key that browsers are given.
"""

from __future__ import annotations

# the service's hosts, on 443 → names of variables
_SERVICES: dict[str, str] = {
    # chat, calls and mail
    "discord.com gateway.discord.gg": "DISCORD_BOT_TOKEN DISCORD_TOKEN",
    "api.telegram.org": "TELEGRAM_BOT_TOKEN TELEGRAM_TOKEN TELEGRAM_API_TOKEN",
    "slack.com": "SLACK_BOT_TOKEN SLACK_API_TOKEN",
    "slack.com wss-primary.slack.com wss-backup.slack.com": "SLACK_APP_TOKEN",
    "api.pushover.net": "PUSHOVER_TOKEN PUSHOVER_API_TOKEN PUSHOVER_USER_KEY",
    "api.pushbullet.com": "PUSHBULLET_API_KEY PUSHBULLET_ACCESS_TOKEN",
    "api.twilio.com": "TWILIO_AUTH_TOKEN TWILIO_ACCOUNT_SID",
    "rest.nexmo.com api.nexmo.com": "VONAGE_API_SECRET NEXMO_API_SECRET",
    "rest.messagebird.com": "MESSAGEBIRD_API_KEY",
    "api.sendgrid.com api.eu.sendgrid.com": "SENDGRID_API_KEY",
    "api.mailgun.net api.eu.mailgun.net": "MAILGUN_API_KEY",
    "api.postmarkapp.com": "POSTMARK_API_TOKEN POSTMARK_SERVER_TOKEN",
    "api.resend.com": "RESEND_API_KEY",
    "api.mailjet.com": "MAILJET_API_KEY",
    "api.brevo.com api.sendinblue.com": "BREVO_API_KEY SENDINBLUE_API_KEY",
    # payment
    "api.stripe.com": "STRIPE_SECRET_KEY STRIPE_API_KEY",
    "api-m.paypal.com api-m.sandbox.paypal.com": "PAYPAL_CLIENT_SECRET",
    "api.mollie.com": "MOLLIE_API_KEY",
    "connect.squareup.com connect.squareupsandbox.com": "SQUARE_ACCESS_TOKEN",
    "api.gocardless.com api-sandbox.gocardless.com": "GOCARDLESS_ACCESS_TOKEN",
    "production.plaid.com sandbox.plaid.com": "PLAID_SECRET",
    "api.razorpay.com": "RAZORPAY_KEY_SECRET",
    "api.paddle.com sandbox-api.paddle.com": "PADDLE_API_KEY",
    # models; who runs one of his own says its address
    "api.openai.com": "OPENAI_API_KEY",
    "api.anthropic.com": "ANTHROPIC_API_KEY",
    "generativelanguage.googleapis.com": "GEMINI_API_KEY",
    "api.mistral.ai": "MISTRAL_API_KEY",
    "api.groq.com": "GROQ_API_KEY",
    "api.cohere.com api.cohere.ai": "COHERE_API_KEY",
    "openrouter.ai": "OPENROUTER_API_KEY",
    "api.deepseek.com": "DEEPSEEK_API_KEY",
    "api.perplexity.ai": "PERPLEXITY_API_KEY",
    "api.x.ai": "XAI_API_KEY",
    "api.together.xyz": "TOGETHER_API_KEY",
    "api.replicate.com": "REPLICATE_API_TOKEN",
    "api.elevenlabs.io": "ELEVENLABS_API_KEY",
    "api.deepl.com api-free.deepl.com": "DEEPL_API_KEY DEEPL_AUTH_KEY",
    "api.tavily.com": "TAVILY_API_KEY",
    "serpapi.com": "SERPAPI_API_KEY",
    "uplink.api.apollographql.com aws.uplink.api.apollographql.com": "APOLLO_KEY",
    # clouds and DNS
    "api.cloudflare.com": "CF_API_TOKEN CLOUDFLARE_API_TOKEN CLOUDFLARE_API_KEY CF_DNS_API_TOKEN"
    " CLOUDFLARE_DNS_API_TOKEN",
    "api.hetzner.cloud": "HCLOUD_TOKEN",
    "api.digitalocean.com": "DIGITALOCEAN_ACCESS_TOKEN DIGITALOCEAN_TOKEN DO_AUTH_TOKEN",
    "api.linode.com": "LINODE_TOKEN",
    "api.vultr.com": "VULTR_API_KEY",
    "api.porkbun.com": "PORKBUN_API_KEY PORKBUN_SECRET_API_KEY",
    "www.duckdns.org": "DUCKDNS_TOKEN",
    "desec.io": "DESEC_TOKEN",
    "api.github.com github.com": "GITHUB_APP_INSTALLATION_ID",
    # sign-in, by the server's half of a client (Auth.js, Grafana, Supabase's GoTrue), and stores
    "accounts.google.com oauth2.googleapis.com openidconnect.googleapis.com www.googleapis.com": "GOOGLE_CLIENT_SECRET"
    " AUTH_GOOGLE_SECRET EXTERNAL_GOOGLE_SECRET EXTERNAL_GOOGLE_CLIENT_ID",
    "github.com api.github.com": "GITHUB_CLIENT_SECRET AUTH_GITHUB_SECRET EXTERNAL_GITHUB_SECRET"
    " EXTERNAL_GITHUB_CLIENT_ID",
    "login.microsoftonline.com graph.microsoft.com": "AZURE_AD_CLIENT_SECRET",
    "storage.googleapis.com oauth2.googleapis.com": "GOOGLE_CLOUD_STORAGE_CREDENTIALS",
    # operations
    "events.pagerduty.com api.pagerduty.com events.eu.pagerduty.com api.eu.pagerduty.com": "PAGERDUTY_API_KEY"
    " PAGERDUTY_ROUTING_KEY PAGERDUTY_INTEGRATION_KEY",
    "api.opsgenie.com api.eu.opsgenie.com": "OPSGENIE_API_KEY",
    "sdk.launchdarkly.com stream.launchdarkly.com events.launchdarkly.com": "LAUNCHDARKLY_SDK_KEY LD_SDK_KEY",
    "api.honeycomb.io api.eu1.honeycomb.io": "HONEYCOMB_API_KEY",
    "updates.maxmind.com download.maxmind.com"
    " mm-prod-geoip-databases.a2649acb697e2c09b632799562c076f2.r2.cloudflarestorage.com": "MAXMIND_LICENSE_KEY"
    " GEOIPUPDATE_LICENSE_KEY GEOIPUPDATE_LICENSE_KEY_FILE",
    # data
    "api.notion.com": "NOTION_TOKEN NOTION_API_KEY",
    "api.airtable.com": "AIRTABLE_API_KEY",
    "api.hubapi.com": "HUBSPOT_ACCESS_TOKEN HUBSPOT_API_KEY",
    "api.themoviedb.org": "TMDB_API_KEY",
    "accounts.spotify.com api.spotify.com": "SPOTIFY_CLIENT_SECRET",
    "ws.audioscrobbler.com": "LASTFM_API_KEY",
    "api.openweathermap.org": "OPENWEATHERMAP_API_KEY OWM_API_KEY",
}
TOKENS = {name: tuple(hosts.split()) for hosts, names in _SERVICES.items() for name in names.split()}


# Builders of web pages hand variables of these names to browsers.
_FOR_BROWSERS = (
    "VITE_",
    "REACT_APP_",
    "NEXT_PUBLIC_",
    "NUXT_PUBLIC_",
    "VUE_APP_",
    "PUBLIC_",
    "GATSBY_",
    "EXPO_PUBLIC_",
)


def service(key: str) -> str:
    """The name of the table that a variable's name is, or ends in: a program puts its own before it. "" for none."""
    if key.startswith(_FOR_BROWSERS):
        return ""
    while key not in TOKENS:
        _, line, key = key.partition("_")
        if not line:
            return ""
    return key
