"""Rules that files are held to while they are read: what breaks them is left out."""

from __future__ import annotations

from stormctl.checks.registry import reading_rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase

reading_rule(
    "front-matter",
    Phrase("What stands above the text can be read, and nothing of it would be posted."),
    why=Phrase("A line that is nearly front matter goes out as text; one that YAML reads otherwise is lost."),
    fix=Phrase("Write two lines of --- with “key: value” lines between them, and the text below."),
    bad="--\nlink: https://example.org\n--\nSign the letter.",
    good="---\nlink: https://example.org\n---\nSign the letter.",
)
reading_rule(
    "front-matter-in-text",
    Phrase("Keys stand above the text, not in it."),
    why=Phrase("A line such as “link: …” below the front matter would be posted, and would do nothing."),
    fix=Phrase("Put it at the top, between two lines of ---; or begin the line with another word."),
    bad="Sign the letter.\nlink: https://example.org",
    good="---\nlink: https://example.org\n---\nSign the letter.",
)
reading_rule(
    "not-text",
    Phrase("A message file holds plain text and nothing for programs."),
    why=Phrase("Comments, web pages and word processors' documents would be posted as they are."),
    fix=Phrase("Keep the text alone: copy it from where it is shown into a file saved as plain text."),
    bad="Sign the letter. <!-- a draft -->",
    good="Sign the letter.",
)
reading_rule(
    "not-offered",
    Phrase("A message is a text with pictures or a video: no poll, no repost, no quote."),
    why=Phrase("X takes quotes from its enterprise customers alone; stormctl sends no polls and no reposts."),
    fix=Phrase("Ask the question in the text, or link to the post."),
    bad="---\npoll: [yes, no]\n---\nDo you come?",
    good="Do you come? Tell us below.",
)
reading_rule(
    "unknown-key",
    Phrase("Every key is one that stormctl knows."),
    why=Phrase("A misspelt key would be passed over, and what it was to do would not happen."),
    fix=Phrase("Write the key as docs/messages.md or docs/schedules.md has it, or remove the line."),
    bad="---\nhastags: [MigrantsDay]\n---\nSign the letter.",
    good="---\nhashtags: [MigrantsDay]\n---\nSign the letter.",
)
reading_rule(
    "missing-key",
    Phrase("What a table needs is there."),
    why=Phrase("Without it nobody knows what was meant."),
    fix=Phrase("Add the key that is named."),
    bad="[[pins]]\nat = 12:00:00",
    good='[[pins]]\nat = 12:00:00\nmessage = "noon-statement"',
)
reading_rule(
    "bad-value",
    Phrase("Every value is of the kind that its key takes."),
    why=Phrase("A date, a number or a name that may mean two things is not guessed."),
    fix=Phrase("Write it as the hint shows."),
    bad="---\nexpires: 17/12/2026 at 5 pm\n---\nSign the letter.",
    good="---\nexpires: 2026-12-17 17:00 America/Los_Angeles\n---\nSign the letter.",
)
reading_rule(
    "file-name",
    Phrase("A file's name says which wording it holds."),
    why=Phrase("The message, its language and the platform are known by the name alone."),
    fix=Phrase("Name it ID.LANG.md, or ID.LANG.LABEL.md: open-door.es.md, open-door.es.facebook.md."),
    bad="Open Door (es).md",
    good="open-door.es.md",
)
reading_rule(
    "duplicate-variant",
    Phrase("Each wording is in one file."),
    why=Phrase("Of two files of one name nobody knows which is meant."),
    fix=Phrase("Remove one of them, or give it another label."),
    bad=Phrase("open-door.en.md and open-door.EN.md"),
    good=Phrase("open-door.en.md and open-door.en.evening.md"),
)
reading_rule(
    "not-utf8",
    Phrase("Files are saved as UTF-8."),
    why=Phrase("In another encoding accents and quotation marks become other signs."),
    fix=Phrase("Save the file again: “Save as …”, encoding UTF-8."),
    bad="Migraci\\xf3n",
    good="Migración",
)
reading_rule(
    "file-unreadable",
    Phrase("Every file of the bank can be opened."),
    why=Phrase("What can't be opened can't be posted."),
    fix=Phrase("Put a plain file of at most 64 KiB there that you may read; no link out of the bank."),
    bad="open-door.en.md -> /home/ana/door.md",
    good="open-door.en.md",
)
reading_rule(
    "text-unreadable",
    Phrase("A text is made of words."),
    why=Phrase("Thousands of signs without a space are no message, and take very long to read."),
    fix=Phrase("Write words, or remove what was pasted by mistake."),
    bad=Phrase("xxxxxxxx… (2,001 times)"),
    good="Everybody who arrives has rights.",
)
reading_rule(
    "file-not-read",
    Phrase("Every file of a bank is a message, a picture, a video or captions."),
    why=Phrase("A message under another name would be missing on the day without a word."),
    fix=Phrase("Name it ID.LANG.md, put it into the bank itself, or move it elsewhere."),
    bad="open-door.en.txt",
    good="open-door.en.md",
)
reading_rule(
    "bank-empty",
    Phrase("A bank holds a message."),
    why=Phrase("Without one there is nothing to post."),
    fix=Phrase("Write a first message, such as open-door.en.md."),
    bad="messages/spring-2026/",
    good="messages/spring-2026/open-door.en.md",
)
reading_rule(
    "media-missing",
    Phrase("Every picture and video that is named is in the bank."),
    why=Phrase("The post would go out without it."),
    fix=Phrase("Put the file into the bank, or correct its name."),
    bad='---\nmedia: [{file: bote.png, alt: "A paper boat"}]\n---\nEvery crossing begins with hope.',
    good='---\nmedia: [{file: boat.png, alt: "A paper boat"}]\n---\nEvery crossing begins with hope.',
)
reading_rule(
    "media-outside",
    Phrase("Pictures and videos lie in the bank."),
    why=Phrase("Nothing else of a machine may be posted through a file that somebody contributed."),
    fix=Phrase("Copy the file into the bank, and name it from there."),
    bad='---\nmedia: [{file: ../../private.png, alt: "A paper boat"}]\n---\nEvery crossing begins with hope.',
    good='---\nmedia: [{file: boat.png, alt: "A paper boat"}]\n---\nEvery crossing begins with hope.',
)
reading_rule(
    "media-type",
    Phrase("A picture or video is of a kind that both platforms take, and whole."),
    why=Phrase("The platform would refuse it when the post is due."),
    fix=Phrase("Save pictures as PNG, JPEG, WEBP or GIF; export videos as MP4 (H.264 and AAC)."),
    bad="media: [photo.heic]",
    good="media: [photo.jpg]",
)
reading_rule(
    "media-too-big",
    Phrase("A picture or video is no bigger than the platforms take."),
    why=Phrase("The platform would refuse it when the post is due."),
    fix=Phrase("Save it smaller: 1600 pixels wide are plenty for a picture, 1280×720 for a video."),
    bad="media: [poster-a0.gif]  # 20 MB",
    good="media: [poster.png]",
)
reading_rule(
    "media-too-small",
    Phrase("A picture is large enough to be shown."),
    why=Phrase("The platform would refuse it when the post is due."),
    fix=Phrase("Put a larger picture there, or leave it out."),
    bad=Phrase("media: [dot.png]  # 1×1 pixels"),
    good="media: [boat.png]",
)
reading_rule(
    "media-too-long",
    Phrase("A video is neither too short nor too long."),
    why=Phrase("X takes half a second to 140 seconds (source: docs.x.com media, 2026-08)."),
    fix=Phrase("Cut the video."),
    bad=Phrase("media: [speech.mp4]  # 12 minutes"),
    good=Phrase("media: [speech-short.mp4]  # 2 minutes"),
)
reading_rule(
    "media-still",
    Phrase("An animated picture is a GIF."),
    why=Phrase("Of an animated PNG only the first picture goes out."),
    fix=Phrase("Save it as GIF, if it is to move."),
    bad=Phrase("media: [waves.png]  # animated"),
    good="media: [waves.gif]",
    severity=Severity.WARNING,
)
reading_rule(
    "too-many-media",
    Phrase("A post has up to four pictures, or one GIF, or one video."),
    why=Phrase("No platform takes more, or both kinds together."),
    fix=Phrase("Leave some out, or make it a thread."),
    bad="media: [one.png, two.png, three.png, four.png, five.png]",
    good="media: [one.png, two.png, three.png, four.png]",
)
reading_rule(
    "alt-too-long",
    Phrase("A description has at most 1,000 characters."),
    why=Phrase("X takes no more (source: docs.x.com media metadata, 2026-08)."),
    fix=Phrase("Say what matters in the picture."),
    bad=Phrase('alt: "First, at the left, … (1,200 characters)"'),
    good='alt: "A crowd at dusk holds lanterns and a sign that says welcome"',
)
reading_rule(
    "bad-captions",
    Phrase("Captions can be read, and every line of them is shown."),
    why=Phrase("What is not quite SubRip or WebVTT is lost, or shown as it is written."),
    fix=Phrase("Write each caption as a number, a line 00:00:01,000 --> 00:00:04,000, and its words."),
    bad="1\n0:01 --> 0:04\nWe left at night.",
    good="1\n00:00:01,000 --> 00:00:04,000\nWe left at night.",
)
reading_rule(
    "schedule-syntax",
    Phrase("A schedule is TOML."),
    why=Phrase("What can't be read as TOML means nothing."),
    fix=Phrase("Mend the place that is named; times need seconds, texts straight quotes."),
    bad="from = 08:00",
    good="from = 08:00:00",
)
reading_rule(
    "unknown-bank",
    Phrase("A schedule names a bank that is there."),
    why=Phrase("Without messages there is nothing to plan."),
    fix=Phrase("Name a folder of messages/."),
    bad='bank = "imd-2062"',
    good='bank = "imd-2026"',
)
reading_rule(
    "unknown-channel",
    Phrase("A window names channels of the storm."),
    why=Phrase("A misspelt channel would stay silent in it."),
    fix=Phrase("Write the channel as it stands in [[channels]]."),
    bad='[[windows]]\nchannels = ["x:acne"]',
    good='[[windows]]\nchannels = ["x:acme"]',
)
reading_rule(
    "duplicate-channel",
    Phrase("Each channel is listed once."),
    why=Phrase("Of two tables for one account nobody knows which one holds."),
    fix=Phrase("Put them together."),
    bad='[[channels]]\nid = "x:acme"\n[[channels]]\nid = "x:acme"',
    good='[[channels]]\nid = "x:acme"',
)
reading_rule(
    "channel-collision",
    Phrase("Each channel has environment variables of its own."),
    why=Phrase("Two channels would post with the same keys."),
    fix=Phrase("Rename one of them: only letters and digits count in the variables' names."),
    bad=Phrase('id = "x:acme-news" and id = "x:acme_news"'),
    good=Phrase('id = "x:acme-news" and id = "x:acme-press"'),
)
reading_rule(
    "key-without-effect",
    Phrase("A channel has only keys that its platform knows."),
    why=Phrase("A key that the platform has nothing for is ignored: it may promise what nobody keeps."),
    fix=Phrase("Remove the key, or set on the platform itself what it was to say."),
    bad='[[channels]]\nid = "facebook:acme"\nreply_settings = "mentionedUsers"',
    good='[[channels]]\nid = "x:acme"\nreply_settings = "mentionedUsers"',
    severity=Severity.WARNING,
)
reading_rule(
    "no-such-time",
    Phrase("Every time of the schedule exists, and exists once."),
    why=Phrase("When clocks change, an hour is skipped or repeated; it is not known which one was meant."),
    fix=Phrase("Choose a time an hour earlier or later."),
    bad='date = 2026-03-08\ntimezone = "America/New_York"\n[[pins]]\nat = 02:30:00',
    good='date = 2026-03-08\ntimezone = "America/New_York"\n[[pins]]\nat = 03:30:00',
)
reading_rule(
    "window-rhythm",
    Phrase("A window has one rhythm."),
    why=Phrase("`every`, `at` and `cron` each say when to post; two of them contradict each other."),
    fix=Phrase("Keep one of them."),
    bad='every = "20m"\nat = [12:00:00]',
    good='every = "20m"',
)
reading_rule(
    "file-missing",
    Phrase("Files that a schedule names are there."),
    why=Phrase("People would be sent to a flyer that does not exist."),
    fix=Phrase("Put the file there, or correct its name."),
    bad='[[resources]]\ntitle = { en = "Flyer" }\nfile = "flier.pdf"',
    good='[[resources]]\ntitle = { en = "Flyer" }\nfile = "flyer.pdf"',
)
reading_rule(
    "file-outside",
    Phrase("Files that a schedule names lie in the campaign folder."),
    why=Phrase("Nothing else of a machine may be given away."),
    fix=Phrase("Copy the file into the campaign folder, and name it from there."),
    bad='file = "../private.pdf"',
    good='file = "flyer.pdf"',
)
