"""Variables that hold a token which is good for one service alone: who has it calls that service. It is data in
Python's form, as almost every build reads it."""

from __future__ import annotations

# name → the service's hosts, on 443. None of a program that companies also run themselves, but for a GitHub App's,
# whose address stands beside it where it is not github.com.
TOKENS: dict[str, tuple[str, ...]] = {
    "DISCORD_BOT_TOKEN": ("discord.com", "gateway.discord.gg"),
    "DISCORD_TOKEN": ("discord.com", "gateway.discord.gg"),
    "TELEGRAM_BOT_TOKEN": ("api.telegram.org",),
    "TELEGRAM_TOKEN": ("api.telegram.org",),
    "SLACK_BOT_TOKEN": ("slack.com",),
    "SLACK_APP_TOKEN": ("slack.com", "wss-primary.slack.com", "wss-backup.slack.com"),
    "GITHUB_APP_INSTALLATION_ID": ("api.github.com", "github.com"),
}
