"""What exists on the emulated platforms: accounts, posts, media, and a log of requests."""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from stormctl.emulator.core.accounts import short_page_token, short_user_token, user_token, x_user_token
from stormctl.emulator.core.bill import Bill
from stormctl.emulator.core.oauth1 import Nonces
from stormctl.emulator.core.rates import RateWindows
from stormctl.emulator.core.signins import PendingSignIns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stormctl.emulator.core.accounts import AccountSpec, Platform
    from stormctl.emulator.core.clock import EmulatorClock
    from stormctl.emulator.core.records import EmulatedPost, LoggedRequest, UploadedFile

SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
"""The millisecond that X's ids count from (source: twitter-archive/snowflake)."""

FACEBOOK_ID_BASE = 122_100_000_000_000_000
"""Today's Page posts have 18-digit ids that start with 122."""

LOG_LENGTH = 2_000
"""How many requests the log keeps."""

_USER_TOKENS = (user_token, short_user_token)


class World:
    """The state of both platforms; safe to read from other threads.

    Args:
        seed: of ids' tails and of the audience.
    """

    def __init__(self, accounts: Sequence[AccountSpec], *, seed: int, clock: EmulatorClock) -> None:
        self.accounts = tuple(accounts)
        self.seed = seed
        self.clock = clock
        self.rates = RateWindows(clock.at)
        self.nonces = Nonces(clock.wall)
        self.sign_ins = PendingSignIns(seed)
        self.bill = Bill(clock.at)
        self._lock = threading.RLock()
        self._posts: dict[tuple[Platform, str], EmulatedPost] = {}
        self._by_channel: defaultdict[str, list[EmulatedPost]] = defaultdict(list)
        self._media: dict[str, UploadedFile] = {}
        self._log: deque[LoggedRequest] = deque(maxlen=LOG_LENGTH)
        self._requests = 0
        self._last_snowflake = 0
        self._last_facebook_id = FACEBOOK_ID_BASE

    def reset(self) -> None:
        """Forget posts, media, requests and what was counted; accounts stay."""
        with self._lock:
            self._posts.clear()
            self._by_channel.clear()
            self._media.clear()
            self._log.clear()
            self.rates.clear()
            self.nonces.clear()
            self.sign_ins.clear()
            self.bill.clear()

    # Accounts

    def find_account(self, platform: Platform, credential: str, value: str) -> AccountSpec | None:
        """Find the account one of whose credentials has a value."""
        return next((a for a in self._on(platform) if value and a.credentials[credential] == value), None)

    def find_by_id(self, platform: Platform, account_id: str) -> AccountSpec | None:
        """Find an account by its user or Page id."""
        return next((a for a in self._on(platform) if a.id == account_id), None)

    def find_by_user_token(self, token: str) -> AccountSpec | None:
        """Find the X account that an OAuth 2.0 user token belongs to."""
        return next((a for a in self._on("x") if x_user_token(a.credentials["ACCESS_TOKEN"]) == token), None)

    def find_page(self, token: str) -> AccountSpec | None:
        """Find the Page that a Page token belongs to, one that lasts or one that does not."""
        pages = self._on("facebook")
        return next((p for p in pages if token in {p.credentials["PAGE_TOKEN"], short_page_token(p)}), None)

    def pages_of_user(self, token: str) -> tuple[AccountSpec, ...]:
        """Return the Pages that the holder of a Facebook user token manages; empty for an unknown token."""
        return tuple(
            a
            for a in self._on("facebook")
            if token in {make(a.credentials["APP_ID"], a.credentials["APP_SECRET"]) for make in _USER_TOKENS}
        )

    def pages_of_app(self, token: str) -> tuple[AccountSpec, ...]:
        """Return the Pages that a Facebook app token, `APP_ID|APP_SECRET`, may be asked about."""
        return tuple(
            a
            for a in self._on("facebook")
            if f"{a.credentials['APP_ID']}|{a.credentials['APP_SECRET']}" == token
        )

    # Posts

    def posts(self) -> list[EmulatedPost]:
        """Return all posts in order of creation, deleted ones too."""
        with self._lock:
            return list(self._posts.values())

    def posts_of(self, account: AccountSpec) -> list[EmulatedPost]:
        """Return an account's published posts that are not deleted, newest first."""
        with self._lock:
            mine = self._by_channel[account.channel]
            return [post for post in reversed(mine) if post.published and not post.deleted]

    def find_post(self, platform: Platform, post_id: str) -> EmulatedPost | None:
        """Find a post that is not deleted."""
        post = self._posts.get((platform, post_id))
        return None if post is None or post.deleted else post

    def add_post(self, post: EmulatedPost) -> None:
        """Publish a post; its media belong to it from now on."""
        with self._lock:
            self._posts[post.account.platform, post.id] = post
            self._by_channel[post.account.channel].append(post)
            for media in post.media:
                media.post_id = post.id

    # Media

    def find_media(self, account: AccountSpec, media_id: str) -> UploadedFile | None:
        """Find an account's media that have not expired."""
        media = self._media.get(media_id)
        if media is None or media.account.channel != account.channel:
            return None
        expired = media.expires_wall is not None and media.expires_wall <= self.clock.wall()
        return None if expired and media.post_id is None else media

    def find_video(self, media_id: str) -> UploadedFile | None:
        """Find a Page's video, published or not."""
        media = self._media.get(media_id)
        is_video = media is not None and media.kind == "video" and media.account.platform == "facebook"
        return media if is_video else None

    def remove_media(self, media: UploadedFile) -> None:
        """Forget uploaded media."""
        with self._lock:
            self._media.pop(media.id, None)

    def get_media(self, media_id: str) -> UploadedFile | None:
        """Find media of any account, for showing."""
        return self._media.get(media_id)

    def add_media(self, media: UploadedFile) -> None:
        """Keep uploaded media."""
        with self._lock:
            self._media[media.id] = media

    # Ids

    def next_snowflake(self) -> str:
        """Return a new id of X: it grows with emulated time."""
        with self._lock:
            now = (int(self.clock.at() * 1000) - SNOWFLAKE_EPOCH_MS) << 22
            self._last_snowflake = max(now, self._last_snowflake + 1)
            return str(self._last_snowflake)

    def next_facebook_id(self) -> str:
        """Return a new id of a photo, or the second half of a Page post's id."""
        with self._lock:
            step = hashlib.sha256(f"{self.seed}/{self._last_facebook_id}".encode()).digest()
            self._last_facebook_id += 6_000 + int.from_bytes(step[:2], "big")
            return str(self._last_facebook_id)

    # Requests

    def next_request_number(self) -> int:
        """Count a request."""
        with self._lock:
            self._requests += 1
            return self._requests

    def record_request(self, request: LoggedRequest) -> None:
        """Add a request to the log."""
        with self._lock:
            self._log.append(request)

    def requests(self) -> list[LoggedRequest]:
        """Return the log, newest first."""
        with self._lock:
            return list(self._log)[::-1]

    def _on(self, platform: Platform) -> list[AccountSpec]:
        return [a for a in self.accounts if a.platform == platform]
